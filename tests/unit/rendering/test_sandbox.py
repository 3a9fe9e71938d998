"""The short way through the sandbox does what the sandbox does; what is not ours goes the long way."""

import pytest
from jinja2.exceptions import SecurityError, UndefinedError
from markupsafe import Markup

from schedules.events import Person
from worker.rendering.environment import make_environment
from worker.rendering.formatting import Formatter, formatter

MACROS = (
    "{% macro said(a, b='second') %}{{ a }} and {{ b }}{% endmacro %}"
    "{% macro around(a) %}({{ caller() }} {{ a }}){% endmacro %}"
    "{% macro all() %}{{ varargs | join('+') }}{{ kwargs.x }}{% endmacro %}"
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("templates")
    (folder / "macros.txt").write_text(MACROS)
    return make_environment(folder, (Person, Formatter))


def rendered(environment, source, **values):
    return environment.from_string(MACROS + source).render(values)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ said('one', 'two') }}", "one and two"),
        ("{{ said('one') }}", "one and second"),
        ("{{ said(b='two', a='one') }}", "one and two"),
        ("{% for x in [1, 2] %}{{ said(x, x) }}.{% endfor %}", "1 and 1.2 and 2."),
        ("{% call around('a') %}in{% endcall %}", "(in a)"),
        ("{{ all(1, 2, x='!') }}", "1+2!"),
        ("{% block one %}{{ said('one', 'two') }}{% endblock %}", "one and two"),
        ("{% for x in 'ab' %}{{ loop.index }}{{ x.upper() }}{% endfor %}", "1A2B"),
    ],
)
def test_macros_and_methods_say_what_jinja_says(environment, source, said):
    assert rendered(environment, source) == said


def test_methods_and_attributes_of_ours_are_read_and_called(environment):
    values = {"who": Person(name="Jo", email="jo@muster.example.com"), "f": formatter("en", "UTC")}
    assert rendered(environment, "{{ who.name }} {{ f.number(1200) }}", **values) == "Jo 1,200"


def test_a_macro_of_an_escaping_template_escapes_and_is_escaped_once(environment):
    html = environment.overlay(autoescape=True).from_string(MACROS + "{{ said(x, x) }}")
    assert html.render(x="<b>") == "&lt;b&gt; and &lt;b&gt;"
    assert html.render(x=Markup("<b>")) == "<b> and <b>"


@pytest.mark.parametrize(
    "source",
    [
        "{{ who.__class__ }}",
        "{{ who._x }}",
        "{{ who.name.__len__() }}",
        "{{ ''.__class__.mro() }}",
        "{{ f.__init__() }}",
    ],
)
def test_what_is_not_public_stays_closed(environment, source):
    values = {"who": Person(name="Jo"), "f": formatter("en", "UTC")}
    with pytest.raises((SecurityError, UndefinedError)):
        rendered(environment, source, **values)


def test_a_missing_attribute_and_too_many_arguments_are_errors(environment):
    with pytest.raises(UndefinedError):
        rendered(environment, "{{ who.nothing }}", who=Person(name="Jo"))
    with pytest.raises(TypeError, match="takes not more than 2"):
        rendered(environment, "{{ said(1, 2, 3) }}")
