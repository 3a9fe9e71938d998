"""What comes back is read in bounded time, whatever its shape, and judged by what it says (R47)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.bounces.parts import MOST_PARTS, take_apart
from worker.bounces.reading import read_report
from worker.updates.bounces import judge
from worker.updates.bouncewords import BounceVerdict
from worker.updates.returnpath import ReturnPath

PATH = ReturnPath("bounces@seller.example", "a secret of some length")


def dsn(status="5.1.1", action="failed", diagnostic="550 5.1.1 no such user", text="Your mail did not arrive."):
    return f"""From: MAILER-DAEMON@relay.example
To: bounces@seller.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain

{text}
--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; buyer@muster.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--edge
Content-Type: text/rfc822-headers

Subject: user unknown in a copy says nothing
--edge--
""".encode()


def plain(subject="Delivery failed", text="", sender="MAILER-DAEMON@relay.example", **headers):
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return f"From: {sender}\nSubject: {subject}\n{more}\n{text}\n".encode()


FEEDBACK = b"""From: fbl@provider.example
Subject: complaint
Content-Type: multipart/report; report-type=feedback-report; boundary="e"

--e
Content-Type: message/feedback-report

Feedback-Type: %s
User-Agent: Loop/1
--e--
"""
CASES = [
    ("hard", "a status of the address", dsn()),
    ("hard", "a phrase beside a vague status", dsn("5.0.0", diagnostic="550 <buyer@muster.example>: user unknown")),
    ("hard", "a domain that is not there", dsn("5.0.0", diagnostic="550 Host not found by name server")),
    ("soft", "a full mailbox, whatever the status", dsn("5.1.1", diagnostic="552 mailbox is full")),
    ("soft", "a filter", dsn("5.7.1", diagnostic="554 5.7.1 blocked, see our policy")),
    ("soft", "a sender that is refused", dsn("5.1.8", diagnostic="553 5.1.8 sender domain does not exist")),
    ("soft", "a delay", dsn("4.4.1", action="delayed", diagnostic="connection timed out")),
    ("soft", "a temporary status", dsn("4.2.1", diagnostic="no such user here")),
    (
        "soft",
        "refused after the content",
        dsn("5.0.0", diagnostic="550 sorry", text="550 no user (in reply to end of DATA command)"),
    ),
    ("hard", "a status of the address, whatever is said", dsn("5.1.1", diagnostic="550 rejected")),
    (
        "hard",
        "refused as the address was named",
        dsn("5.0.0", diagnostic="550 no such user", text="550 no such user (in reply to RCPT TO command)"),
    ),
    ("soft", "no such address, but only for now", dsn("5.0.0", diagnostic="450 no such user here")),
    ("soft", "nothing but a code", plain(text="550")),
    ("soft", "a bare reply proves little", plain(text="said: 550 user unknown")),
    ("hard", "words alone", plain(text="There is no mailbox here by that name.")),
    ("delivered", "a success", dsn("2.0.0", action="delivered", diagnostic="250 ok")),
    ("complaint", "a feedback loop", FEEDBACK % b"abuse"),
    ("complaint", "a reader's wish", plain("unsubscribe", "please", "buyer@muster.example")),
    ("complaint", "a provider's webhook", plain("note", '{"notificationType": "Complaint"}', "x@provider.example")),
    ("not-a-bounce", "somebody says it was no spam", FEEDBACK % b"not-spam"),
    ("auto-reply", "out of office", plain("Out of office: back on Monday", "Hello", "buyer@muster.example")),
    ("auto-reply", "by its header", plain("Re: order", "x", "b@muster.example", Auto_Submitted="auto-replied")),
    ("not-a-bounce", "a person answers", plain("Re: Order B-1042", "Thank you!", "buyer@muster.example")),
]


@pytest.mark.parametrize(("verdict", "raw"), [(row[0], row[2]) for row in CASES], ids=[row[1] for row in CASES])
def test_r47_a_mail_that_came_back_gets_the_verdict_that_it_proves(verdict, raw):
    judged = judge(read_report(raw))

    assert judged.verdict == verdict
    assert "@" not in judged.why


def test_the_failed_recipient_is_found():
    assert read_report(dsn()).recipients == ("buyer@muster.example",)


def nested(depth):
    edges = [f"edge{level}" for level in range(depth)]
    head = "From: MAILER-DAEMON@x.example\nSubject: Undelivered mail\n"
    for edge in edges:
        head += f'Content-Type: multipart/mixed; boundary="{edge}"\n\n--{edge}\n'
    return (head + "Content-Type: text/plain\n\n550 5.1.1 no such user\n").encode()


def many_parts(count):
    part = b"--edge\nContent-Type: text/plain\n\nno such user\n"
    return (
        b'Subject: Undelivered mail\nContent-Type: multipart/mixed; boundary="edge"\n\n' + part * count + b"--edge--\n"
    )


HOSTILE = [
    ("5,000 parts", many_parts(5_000)),
    ("nested 200 deep", nested(200)),
    ("no boundary", b'Subject: failed\nContent-Type: multipart/mixed; boundary="never"\n\n550 5.1.1 no such user'),
    (
        "an unfolded boundary",
        b"Subject: failed\nContent-Type: multipart/mixed;\nboundary=x\n\n--x\n\nno such user",
    ),
    ("charset of no world", b"Subject: failed\nContent-Type: text/plain; charset=klingon\n\nno such user"),
    ("a null charset", b"Subject: failed\nContent-Type: text/plain; charset=\0\n\nno such user"),
    ("broken base64", b"Subject: failed\nContent-Transfer-Encoding: base64\n\n!!!! no such=user"),
    ("a broken encoded word", b"Subject: =?klingon?b?!!!?= failed =?utf-8?q?=FF=?=\n\nno such user"),
    ("5 MB of one line", b"Subject: failed\n\n" + b"x" * 5_000_000),
    ("5 MB of headers", b"Subject: failed\n" + b"X-A: b\n" * 700_000),
    ("angle brackets", b"Subject: failed\nContent-Type: text/html\n\n" + b"<" * 300_000),
    ("phrases without end", b"From: mailer-daemon@x\nSubject: failed\n\n" + b"user " * 100_000),
    ("encoded words without end", b"Subject: " + b"=?utf-8?q?a?= " * 4_000 + b"\n\nx"),
    ("nothing at all", b""),
    ("zeros", b"\0" * 100_000),
]


@pytest.mark.parametrize("raw", [row[1] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_mail_takes_bounded_time_and_gets_a_verdict(raw):
    began = time.monotonic()
    judged = judge(read_report(raw))

    assert judged.verdict in set(BounceVerdict)
    assert time.monotonic() - began < 2.5
    assert len(take_apart(raw).parts) <= MOST_PARTS + 1


@given(st.binary(max_size=2_000), st.sampled_from([b"", b"Content-Type: multipart/report; boundary=x\n\n--x\n", dsn()]))
def test_any_bytes_are_read(noise, start):
    assert judge(read_report(start + noise)).verdict in set(BounceVerdict)


@given(st.integers(min_value=1, max_value=2**62))
def test_r47_a_return_address_tells_its_mail_and_only_the_key_makes_one(number):
    address = PATH.address_of(number)

    assert address is not None
    assert PATH.mail_of(address.upper()) == number
    assert len(address.partition("@")[0]) <= 64
    assert PATH.mail_of(f"<{address}>") == number
    assert ReturnPath("bounces@seller.example", "another secret").mail_of(address) is None
    assert PATH.mail_of(address.replace("-", "1-", 1)) is None
    assert PATH.mail_of(address.replace("seller", "sel1er")) is None


@given(st.text(max_size=120))
def test_no_text_but_our_own_address_names_a_mail(text):
    assert PATH.mail_of(text) is None


def test_without_a_mailbox_there_is_no_return_address():
    assert ReturnPath(None, "key").address_of(1) is None
    assert ReturnPath(None, "key").mail_of("bounces+1-aaaaaaaaaaaaaaaa@x.example") is None
