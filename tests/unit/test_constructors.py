"""The constructors that compiled dataclasses get do what those of the standard library do (ADR 0089)."""

import copy
import dataclasses
import importlib.util
import pickle
import sys
import types
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
SOURCE = '''"""Values."""

from dataclasses import field

from schedules.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    kind: str = "news"
    order: str
    lines: tuple[str, ...] = field(default=())


@dataclass(frozen=False, slots=True)
class Kept:
    number: int
    names: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: {"all": 0})
    twice: int = field(init=False)

    def __post_init__(self):
        self.twice = 2 * self.number


@dataclass(frozen=False, slots=True)
class More(Kept):
    more: int = 0


class Plain:
    held: int = 1
'''


@pytest.fixture(scope="module")
def with_constructors():
    return tool("constructors").with_constructors


def tool(name):
    """Take a module of the folder of tools, which is no package."""
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def ran(name, source):
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(source, module.__dict__)
    return module


@pytest.fixture(scope="module")
def plain():
    return ran("plain_values", SOURCE)


@pytest.fixture(scope="module")
def quick(with_constructors):
    return ran("quick_values", with_constructors(SOURCE))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Mail", {"order": "A-1"}),
        ("Mail", {"order": "A-1", "kind": "reminder", "lines": ("1", "2")}),
        ("Kept", {"number": 4}),
        ("Kept", {"number": 4, "names": ["Jo"], "counts": {}}),
    ],
)
def test_it_makes_the_value_that_the_standard_library_makes(plain, quick, name, given):
    known, made = getattr(plain, name)(**given), getattr(quick, name)(**given)

    assert dataclasses.asdict(made) == dataclasses.asdict(known)
    assert repr(made) == repr(known)
    assert made == getattr(quick, name)(**given)


def test_it_can_be_copied_and_pickled(quick):
    mail = quick.Mail(order="A-1", lines=("1",))

    assert copy.copy(mail) == copy.deepcopy(mail) == pickle.loads(pickle.dumps(mail)) == mail


def test_what_a_factory_makes_is_nobody_elses(quick):
    one, other = quick.Kept(1), quick.Kept(1)

    one.names.append("Jo")
    one.counts["all"] = 1

    assert (other.names, other.counts) == ([], {"all": 0})


def test_it_takes_fields_by_position_those_without_a_default_first(quick):
    assert quick.Mail("A-1", "reminder") == quick.Mail(order="A-1", kind="reminder")
    assert quick.Mail("A-1", "reminder", ("1",)).__reduce__() == (quick.Mail, ("A-1", "reminder", ("1",)))


def test_what_is_missing_or_unknown_is_an_error(quick):
    with pytest.raises(TypeError, match="order"):
        quick.Mail()
    with pytest.raises(TypeError, match="nickname"):
        quick.Mail(order="A-1", nickname="J")


def test_classes_that_derive_from_others_and_plain_ones_stay_as_they_are(quick):
    assert "__reduce__" not in vars(quick.Plain)
    assert "__reduce__" not in vars(quick.More)


def test_all_lines_keep_their_numbers(with_constructors):
    compiled = {line for path in tool("compile").sources() for line in changed(with_constructors, path.read_text())}

    assert compiled
    assert all(line.startswith(("    def __init__(self", "    def __reduce__(self)")) for line in compiled)


def changed(with_constructors, source):
    before = [*source.splitlines(), "", ""]
    after = with_constructors(source).splitlines()
    assert len(after) == len(before)
    return [new for new, old in zip(after, before, strict=True) if new != old]


@pytest.mark.parametrize(
    "source",
    [
        "@dataclass(slots=True)\nclass A:\n    b: int\nx = 1\n",
        "@dataclass(slots=True)\nclass A:\n    b: int\n\n    def __init__(self) -> None:\n        self.b = 1\n",
    ],
)
def test_a_class_that_leaves_no_place_is_named(with_constructors, source):
    with pytest.raises(ValueError, match="class A: two blank lines"):
        with_constructors(source)
