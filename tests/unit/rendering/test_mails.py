"""Rendering and MIME: the same facts in text and HTML, no markup or header from data, readable by any parser."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.changes import Name
from schedules.completeness import Wording
from schedules.events import Person
from schedules.kinds import Kind, OwnerKind, Weight
from schedules.obligations import Code
from schedules.planner import plan
from schedules.rhythm import DEFAULT
from tests.builders import BERLIN, OWNER, WHERE, at, correspondence, line_facts, opened, order_facts, thread
from worker.rendering.mime import Attachment, Envelope, build_mail
from worker.rendering.phrasebook import lint_directory, load_phrasebook
from worker.rendering.rendering import TEMPLATES, Renderer
from worker.updates.checklist import checked, passes
from worker.updates.compose import Reader, compose
from worker.updates.statement import ChangeStatement, OwnerItem, OwnerStatement, SellerCard

RENDERER = Renderer()
WORDS = Wording(load_phrasebook())
CARD = SellerCard(
    slug="bergmann",
    name="Bergmann Linear",
    order_desk="orders@bergmann.example.com",
    support="support@bergmann.example.com",
    sender=Person(name="Bergmann Linear", email="updates@bergmann.example.com"),
)
READER = Reader(contact=Person(name="Purchasing", email="p@muster.example.com"), locale="en", zone=BERLIN)


def statement(**changed):
    facts = order_facts(line_facts(opened(choices=["wait", "split", "adjust"]), **changed))
    made = plan(correspondence(thread(facts)), DEFAULT, WHERE, WORDS, at(20, 9, 15))
    return compose(made.updates[0], CARD, READER, WORDS, at(20, 9, 15), {"B-1042": "4500017733"})


@pytest.mark.parametrize(("offers", "said"), [(True, "have changed; see below."), (False, "nothing left to choose")])
def test_r33_changed_choices_point_below_only_where_choices_stand_below(offers, said):
    whole = statement()
    section = whole.sections[0]
    assert section.decision
    line = section.lines[0]
    about = {"name": Name.CHOICES_CHANGED, "line": "1", "sku": line.sku, "product": line.product, "unit": line.unit}
    change = ChangeStatement(weight=section.changes[0].weight, kind=section.kind, **about)
    section = replace(section, changes=(section.changes[0], change), decision=section.decision if offers else None)

    mail = RENDERER.render_update(replace(whole, sections=(section,)))

    assert said in " ".join(mail.text.split())
    assert said in mail.html
    assert ("see below" in mail.html) is offers


def envelope(**changed):
    values = {
        "sender": CARD.sender,
        "to": READER.contact,
        "reply_to": CARD.order_desk,
        "message_id": "<one@test.example>",
        "in_reply_to": "<root@test.example>",
        "references": tuple(f"<{number}.{'x' * 30}@test.example>" for number in range(5)),
        "date": at(20),
        "kind": "first-notice",
        "orders": ("B-1042", "B 7,8"),
        "checkpoint": at(27, 10),
        "boundary": "=_edge",
    }
    return Envelope(**(values | changed))


@pytest.mark.parametrize("kind", [*Kind, *OwnerKind])
def test_each_kind_has_subject_text_and_html(kind):
    assert {path.name for path in (TEMPLATES / "email" / kind).iterdir()} == {"subject.txt", "body.txt", "body.html"}


def test_the_standing_case_answers_every_question_of_a_purchasing_clerk():
    made = statement()
    rendered = RENDERER.render_update(made)

    assert rendered.subject == "Order B-1042 (your PO 4500017733): 40 of 120 Linear bearing block 20 mm delayed"
    for said in (
        "40 of 120 units",
        "Waiting for final production inspection",
        "Split: we ship 80 units now",
        "Wednesday 27 May 2026, between 10:00 and 18:00",
        OWNER.email,
        "support@bergmann.example.com",
    ):
        assert said in " ".join(rendered.text.split())
    assert passes(checked(made, made.at))


@pytest.mark.parametrize("name", list(Name))
def test_every_change_has_a_sentence(name):
    made = statement()
    section = made.sections[0]
    was, now = {
        True: (at(20).date(), at(27).date()),
        False: (section.lines[0].available, section.lines[0].delayed),
    }[name.startswith(("date", "promised"))]
    if name == Name.DECISION_RECORDED:
        now = "split"
    if name == Name.LINE_CLOSED:
        now = "cancelled"
    if name == Name.OWNER_CHANGED:
        was = now = OWNER
    told = ChangeStatement(
        name=name,
        weight=Weight.MINOR,
        kind=Kind.FIRST_NOTICE,
        line="1",
        sku="BX-120",
        product="Block",
        unit="",
        was=was,
        now=now,
    )
    rendered = RENDERER.render_update(replace(made, sections=(replace(section, changes=(told, told)),)))

    assert "B-1042" in rendered.text
    assert len(rendered.html) < 30_000


NO_ORDER = {Code.OPERATOR, Code.SOURCE_STALE, Code.PLANNING_REVIEW}


@pytest.mark.parametrize("code", [code for code in Code if code not in NO_ORDER])
def test_every_code_has_a_sentence_for_owners(code):
    item = OwnerItem(order="B-1042", company="Muster", code=code, due_at=at(27, 10), lacking=("a", "b"), event="{}")
    made = OwnerStatement(
        kind=OwnerKind.ESCALATION, seller=CARD, to=OWNER, locale="en", zone=BERLIN, at=at(20), items=(item,)
    )

    assert "Order B-1042 for Muster" in RENDERER.render_owner(made).text


def test_a_source_that_has_gone_quiet_is_told_calmly_with_its_name_and_last_read():
    item = OwnerItem(order="", company="", code=Code.SOURCE_STALE, note="stock: last on 2026-05-20 09:00 UTC", event="")
    made = OwnerStatement(
        kind=OwnerKind.REVIEW_REMINDER, seller=CARD, to=OWNER, locale="en", zone=BERLIN, at=at(20), items=(item,)
    )

    text = " ".join(RENDERER.render_owner(made).text.split())

    assert "A source of your stock or production data has not been read for a while." in text
    assert "stock: last on 2026-05-20 09:00 UTC" in text


def test_templates_and_phrases_keep_the_wording_rules():
    assert lint_directory(TEMPLATES) == []


NAUGHTY = st.one_of(
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "{{ 7*7 }}{% raw %}",
            "a\r\nBcc: x@example.com",
            "\u202eabc",
            "x" * 5000,
            "Ünïcødé 😀" * 20,
            "=?utf-8?q?x?=",
            '"quoted" <x@y>',
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
)


@settings(max_examples=60)
@given(NAUGHTY, NAUGHTY, NAUGHTY)
def test_data_never_becomes_markup_template_or_header(product, company, order):
    made = replace(statement(product=product), company=company)
    made = replace(made, sections=(replace(made.sections[0], order=order, po=product),))
    rendered = RENDERER.render_update(made)
    name = "".join(char for char in company if char.isprintable())
    content = build_mail(rendered, envelope(to=Person(name=name, email="p@muster.example.com"), orders=(order,)))
    parsed = message_from_bytes(content, policy=default)

    assert "<script" not in rendered.html
    assert "49" not in rendered.subject or "49" in product + order
    assert all(len(line) <= 78 for line in rendered.text.split("\n"))
    assert "Bcc" not in parsed
    assert parsed["Subject"] == rendered.subject or not parsed["Subject"].defects
    assert {key.lower() for key in parsed} == EXPECTED_HEADERS


EXPECTED_HEADERS = {
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "auto-submitted",
    "x-backorder-kind",
    "x-backorder-orders",
    "x-backorder-checkpoint",
    "mime-version",
    "content-type",
}


WRITTEN = st.characters(exclude_categories=["Cs", "Cc", "Cn"])
"""What somebody may write; Python's `unescape` drops the references of what is no character (Cn)."""


@settings(max_examples=60)
@given(st.text(WRITTEN, max_size=300))
def test_the_standard_parser_reads_back_what_was_written(text):
    rendered = replace(RENDERER.render_update(statement()), text=f"{text}\n", html=f"<p>{text}</p>")
    attachment = Attachment(name="open-lines.csv", content_type="text/csv", content=b"a,b\r\n1,2\r\n")
    parsed = message_from_bytes(build_mail(rendered, envelope(), (attachment,)), policy=default)

    plain, html = (parsed.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))
    assert plain.removesuffix("\n") == text
    assert unescape(html.removesuffix("\n")) == unescape(f"<p>{text}</p>")
    assert [part.get_filename() for part in parsed.iter_attachments()] == ["open-lines.csv"]
    assert parsed["References"].split() == list(envelope().references)


def test_the_same_input_gives_the_same_bytes_and_short_lines():
    rendered = RENDERER.render_update(statement())
    content = build_mail(rendered, envelope())

    assert content == build_mail(rendered, envelope())
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
