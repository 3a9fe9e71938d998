"""A mail that came back takes back what it told, if it proves which mail it answers; else nothing happens (R47)."""

import pytest

from tests.builders import at
from tests.road import Road
from worker.usecases.take_bounce import take_bounce

DSN = """From: MAILER-DAEMON@relay.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: message/delivery-status

Final-Recipient: rfc822; p@muster.example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--edge
Content-Type: text/rfc822-headers

Message-ID: {message_id}
--edge--
"""


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    road = Road(tmp_path_factory.mktemp("bounces"), "bounces")
    parts = road.parts()
    road.sent(parts)
    yield road
    parts.engine.dispose()


class Taken(Exception):  # noqa: N818 - it rolls a transaction back
    pass


def took(road, *raws, way="mailbox", handed_to=()):
    """Take bounces in one transaction; give the effects and what then stands in the database, and roll back."""
    parts = road.parts()
    connection = parts.engine.connect()
    with connection:
        effects = [take_bounce(connection, parts, raw, way, at(20, 9, 30), handed_to).effect for raw in raws]
        from sqlalchemy import text

        state, told, unreachable = connection.execute(
            text(
                "select m.state, t.told is not null, c.unreachable from mail m join mail_thread mt on mt.mail_id = m.id"
                " join thread t on t.id = mt.thread_id join correspondence c on c.id = t.correspondence_id"
            )
        ).one()
        outcomes = connection.execute(text("select outcome from promise")).scalars().all()
        owed = connection.execute(text("select count(*) from obligation where code = 'undelivered'")).scalar_one()
        connection.rollback()
    parts.engine.dispose()
    return effects, (state, told, unreachable, outcomes, owed)


def dsn(road, *, to=None, status="5.1.1", action="failed", diagnostic="550 5.1.1 no such user", number=0):
    parts = road.parts()
    ((mail_id, message_id),) = road.rows(parts, "select id, message_id from mail where audience = 'buyer'")
    address = to or parts.return_path(mail_id)
    parts.engine.dispose()
    text = DSN.format(to=address, status=status, action=action, diagnostic=diagnostic, message_id=message_id)
    return (text + f"{number}").encode()


UNTOUCHED = ("sent", True, None, ["open"], 0)


def test_r47_a_hard_bounce_with_proof_takes_back_what_was_told_and_gives_the_address_up(road):
    effects, found = took(road, dsn(road))

    assert effects == ["address given up"]
    assert found == ("bounced", False, "5.1.1 no such address", ["missed"], 1)


@pytest.mark.parametrize(
    "to",
    ["bounces@seller.example", "bounces+1-aaaaaaaaaaaaaaaa@seller.example", "bounces+1-@seller.example", "x@y.example"],
)
def test_r47_a_bounce_that_does_not_prove_what_it_answers_suppresses_nobody_though_it_names_our_mail(road, to):
    effects, found = took(road, dsn(road, to=to))

    assert effects == ["unproven"]
    assert found == UNTOUCHED


def test_r47_a_soft_failure_takes_back_what_was_told_and_keeps_the_address(road):
    effects, found = took(road, dsn(road, status="5.2.2", diagnostic="552 5.2.2 mailbox is full"))

    assert effects == ["not delivered"]
    assert found == ("bounced", False, None, ["missed"], 1)


@pytest.mark.parametrize(
    ("action", "status", "diagnostic"),
    [("delayed", "4.4.1", "timed out"), ("delivered", "2.0.0", "250 ok")],
)
def test_r47_a_delay_or_a_success_is_only_noted(road, action, status, diagnostic):
    effects, found = took(road, dsn(road, action=action, status=status, diagnostic=diagnostic))

    assert effects == ["noted"]
    assert found == UNTOUCHED


def test_r47_the_same_bounce_twice_and_a_second_one_change_nothing_more(road):
    effects, found = took(road, dsn(road), dsn(road), dsn(road, number=2))

    assert effects == ["address given up", "again", "noted"]
    assert found[4] == 1


def test_r47_a_webhook_names_the_envelope_recipient_itself(road):
    parts = road.parts()
    ((mail_id,),) = road.rows(parts, "select id from mail where audience = 'buyer'")
    proof = parts.return_path(mail_id)
    effects, _ = took(road, dsn(road, to="postmaster@seller.example"), way="webhook", handed_to=(proof,))

    assert effects == ["address given up"]
