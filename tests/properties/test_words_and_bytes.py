"""The short ways of the hot path give what the standard library's long ways give."""

import textwrap
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from html import unescape

from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.events import Person
from worker.rendering.environment import COLUMNS, oneline, para
from worker.rendering.mime import Envelope, build_mail
from worker.rendering.rendering import Rendered

words = st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=20).map(" ".join)
long_words = st.text("ab ", max_size=400)


@given(words | long_words, st.sampled_from([0, 2, 4]), st.sampled_from(["", "- "]))
def test_a_paragraph_is_filled_as_textwrap_fills_it(text, indent, first):
    pad = " " * indent
    filled = textwrap.wrap(
        oneline(text),
        COLUMNS,
        initial_indent=pad + first,
        subsequent_indent=pad + " " * len(first),
        break_on_hyphens=False,
    )

    assert para(text, indent, first) == "\n".join(filled)


@given(st.text(st.characters(codec="utf-8")))
def test_one_line_holds_only_what_prints(text):
    letter_by_letter = " ".join("".join(char if char.isprintable() else " " for char in text).split())

    assert oneline(text) == letter_by_letter


letters = st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"])


@settings(max_examples=60)
@given(subject=st.text(letters, max_size=200), name=st.text(letters, max_size=12), text=words)
def test_a_mail_made_by_hand_reads_as_one_that_the_standard_library_made(subject, name, text):
    rendered = Rendered(oneline(subject), f"{oneline(text)}\n", f"<p>{oneline(text)}</p>\n")
    envelope = Envelope(
        sender=Person(name="Bergmann Linear", email="updates@bergmann.example.com"),
        to=Person(name=oneline(name), email="p@muster.example.com"),
        reply_to="orders@bergmann.example.com",
        message_id="<1@bench.example>",
        in_reply_to="<0@bench.example>",
        references=("<r@bench.example>", "<0@bench.example>"),
        date=datetime(2026, 6, 2, 10, tzinfo=UTC),
        kind="first-notice",
        orders=("B-1042",),
        checkpoint=None,
        boundary="=_b",
    )
    oracle = EmailMessage()
    oracle.set_content(rendered.text)
    oracle.add_alternative(rendered.html, subtype="html")

    ours = message_from_bytes(build_mail(rendered, envelope), policy=default)
    theirs = message_from_bytes(oracle.as_bytes(policy=SMTP), policy=default)

    assert ours["Subject"] == rendered.subject  # the library's own folding loses letters of some encoded words
    assert ours["To"].addresses[0].display_name == oneline(name)
    assert [part.get_content_type() for part in ours.walk()] == [part.get_content_type() for part in theirs.walk()]
    for kind in ("plain", "html"):
        mine, other = (mail.get_body((kind,)).get_content().replace("\r\n", "\n") for mail in (ours, theirs))
        assert unescape(mine) == unescape(other)
