"""The next mail's envelope leaves with the last dot of the one before; what is certain of both stays so (R44)."""

import socket
import threading
import time
from queue import SimpleQueue

import pytest

from tests.smtp_server import ScriptedServer
from worker.delivery.opening import Patience, Server
from worker.delivery.smtp import SmtpTransport
from worker.delivery.transport import Outgoing, always
from worker.updates.outcomes import Accepted, Deferred, NotStarted, Phase, Rejected, Unknown

PATIENCE = Patience(connect=1.0, hello=1.0, reply=1.0, content=1.0, last_reply=4.0)
CONTENT = b"Message-ID: <%d@tests.example>\r\n\r\nhello\r\n"


def mail(number, recipient="buyer@muster.example"):
    content = CONTENT % number
    return Outgoing(mail_id=number, sender="updates@seller.example", recipient=recipient, content=content)


def outcomes_of(port, mails, may_go=always, connections=1, first=None):
    """Send mails; give their outcomes by number, or of the first so many that end."""
    transport = SmtpTransport(Server(host="127.0.0.1", port=port, connections=connections), PATIENCE)
    ended = SimpleQueue()
    transport.submit(mails, may_go, lambda number, outcome: ended.put((number, outcome)))
    found = dict(ended.get(timeout=8) for _ in range(first or len(mails)))
    transport.close()
    return found


def at_first(phase, act):
    """Script: what happens at a phase to the first mail that reaches it."""
    left = [act]
    return lambda reached, _: left.pop() if reached == phase and left else None


@pytest.fixture
def heard():
    """A server that accepts everything; gives its port, and the pieces in which it heard the client."""
    pieces = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        connection.sendall(b"220 tests\r\n")
        while piece := connection.recv(65_536):
            pieces.append(piece)
            ends, _, commands = piece.rpartition(b"\r\n.\r\n")
            replies = b"250 taken\r\n" if ends else b""
            for line in (commands if ends else piece).splitlines():
                verb = line.partition(b" ")[0]
                said = {b"EHLO": b"250-tests\r\n250 PIPELINING\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
                replies += said.get(verb, b"250 ok\r\n")
            connection.sendall(replies)

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1], pieces
    listener.close()


def test_the_next_envelope_comes_with_the_last_dot_and_its_content_after_both_replies(heard):
    port, pieces = heard

    found = outcomes_of(port, [mail(1), mail(2)])

    assert {type(one) for one in found.values()} == {Accepted}
    assert [piece.partition(b" ")[0] for piece in pieces[:2]] == [b"EHLO", b"MAIL"]
    with_next, alone = pieces[2], pieces[3]
    assert with_next.startswith(b"Message-ID: <1@")
    assert with_next.partition(b"\r\n.\r\n")[2].startswith(b"MAIL FROM:<updates@seller.example>")
    assert with_next.endswith(b"DATA\r\n")
    assert alone.startswith(b"Message-ID: <2@")
    assert alone.endswith(b"\r\n.\r\n")


def test_a_server_that_takes_commands_singly_hears_them_singly():
    with ScriptedServer(offers=()) as server:
        found = outcomes_of(server.port, [mail(number) for number in range(1, 6)])

    assert {type(one) for one in found.values()} == {Accepted}
    assert [command.partition(" ")[0] for command in server.commands[:4]] == ["EHLO", "MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize(("act", "kind"), [("554 spam", Rejected), ("450 disk full", Deferred)])
def test_a_refused_mail_takes_nothing_from_the_one_that_was_announced(act, kind):
    with ScriptedServer(at_first("dot", act)) as server:
        found = outcomes_of(server.port, [mail(1), mail(2), mail(3)])

    assert [type(found[number]) for number in (1, 2, 3)] == [kind, Accepted, Accepted]
    assert server.connections == 1


@pytest.mark.parametrize("act", ["cut", "garbage", "421 closing"])
def test_what_ends_a_connection_after_a_dot_leaves_the_announced_mail_unsent_and_it_goes_by_the_next(act):
    with ScriptedServer(at_first("dot", act)) as server:
        found = outcomes_of(server.port, [mail(1), mail(2), mail(3)])

    assert type(found[1]) is (Deferred if act.startswith("421") else Unknown)
    assert [type(found[number]) for number in (2, 3)] == [Accepted, Accepted]
    assert server.connections == 2
    assert sorted(one.message_id for one in server.mails[-2:]) == ["<2@tests.example>", "<3@tests.example>"]


def test_an_announced_mail_whose_recipient_is_refused_is_refused_alone():
    def refuses(phase, talk):
        return "550 no such user" if phase == "rcpt" and talk.recipient.startswith("gone") else None

    with ScriptedServer(refuses) as server:
        found = outcomes_of(server.port, [mail(1), mail(2, "gone@muster.example"), mail(3)])

    assert [type(found[number]) for number in (1, 2, 3)] == [Accepted, Rejected, Accepted]
    assert found[2].phase is Phase.RCPT


def test_r44_an_announced_mail_whose_claim_is_no_longer_sure_is_not_sent():
    sure = [True]

    def hears(phase, _):
        if phase == "dot":
            sure[0] = False

    with ScriptedServer(hears) as server:
        found = outcomes_of(server.port, [mail(1), mail(2), mail(3)], may_go=lambda: sure[0])

    assert type(found[1]) is Accepted
    assert {type(found[number]) for number in (2, 3)} == {NotStarted}
    assert len(server.mails) == 1


def test_r48_a_mail_that_was_to_follow_a_slow_one_goes_by_another_connection():
    def slow(phase, talk):
        return "hang" if phase == "dot" and talk.recipient.startswith("slow") else None

    mails = [mail(1, "slow@slow.example"), *(mail(number) for number in range(2, 12))]
    with ScriptedServer(slow) as server:
        began = time.monotonic()
        found = outcomes_of(server.port, mails, connections=2, first=10)
        took = time.monotonic() - began

    assert sorted(found) == list(range(2, 12))
    assert {type(one) for one in found.values()} == {Accepted}
    assert took < PATIENCE.last_reply - 1
    assert sum(one.message_id != "<1@tests.example>" for one in server.mails) == 10


def test_whoever_ends_while_a_mail_is_announced_gives_it_back_and_its_server_has_nothing_of_it(heard):
    port, pieces = heard
    transport = SmtpTransport(Server(host="127.0.0.1", port=port, connections=1), PATIENCE)
    ended = SimpleQueue()
    first = []

    def note(number, outcome):
        ended.put((number, type(outcome)))
        if not first:
            first.append(number)
            transport.close()

    transport.submit([mail(1), mail(2), mail(3)], always, note)
    found = dict(ended.get(timeout=5) for _ in range(3))

    assert found == {1: Accepted, 2: NotStarted, 3: NotStarted}
    time.sleep(0.1)
    assert pieces[-1].endswith(b"DATA\r\n")
