"""Mails on their way are looked after by the thread that has time: the one that handed them over, or the lanes' own."""

import threading
import time
from queue import SimpleQueue

import pytest

from tests.smtp_server import ScriptedServer
from worker.delivery.opening import Server
from worker.delivery.smtp import SmtpTransport
from worker.delivery.transport import Outgoing, always
from worker.updates.outcomes import Accepted

CONTENT = b"Subject: x\r\n\r\nhello\r\n"
MAILS = [Outgoing(mail_id=n, sender="a@seller.example", recipient="b@buyer.example", content=CONTENT) for n in range(8)]


@pytest.fixture
def sending():
    """A way out with its connections open, and what it says: who ended which mail, and how."""
    with ScriptedServer() as server:
        transport = SmtpTransport(Server(host="127.0.0.1", port=server.port, connections=2))
        ended = SimpleQueue()

        def note(number, outcome):
            ended.put((number, outcome, threading.current_thread().name))

        transport.submit(MAILS[:2], always, note)
        for _ in MAILS[:2]:
            ended.get(timeout=5)
        yield transport, ended, note
        transport.close()


def all_of(ended):
    found = [ended.get(timeout=5) for _ in MAILS]
    assert {type(outcome) for _, outcome, _ in found} == {Accepted}
    assert sorted(number for number, _, _ in found) == list(range(8))
    return {name for _, _, name in found}


def test_who_attends_carries_them_himself(sending):
    transport, ended, note = sending
    here = threading.current_thread().name
    assert transport.attend(5.0) is False
    transport.submit(MAILS, always, note)
    while transport.attend(5.0):
        pass

    assert all_of(ended) == {here}


def test_where_nobody_attends_a_thread_of_their_own_does(sending):
    transport, ended, note = sending
    transport.submit(MAILS, always, note)

    assert all_of(ended) == {"mail-lanes"}


def test_who_says_that_he_leaves_is_not_waited_for(sending):
    transport, ended, note = sending
    transport.attend(0.0)
    transport.submit(MAILS, always, note)
    transport.leave()

    assert all_of(ended) == {"mail-lanes"}


def test_who_does_not_come_back_is_not_waited_for_long(sending):
    transport, ended, note = sending
    transport.attend(0.0)
    transport.submit(MAILS, always, note)

    assert all_of(ended) == {"mail-lanes"}


def test_an_unused_connection_is_closed_by_itself_and_the_next_mail_opens_another():
    from worker.delivery.opening import Patience

    with ScriptedServer() as server:
        place = Server(host="127.0.0.1", port=server.port, connections=1)
        transport = SmtpTransport(place, Patience(idle=0.1))
        ended = SimpleQueue()
        transport.submit(MAILS[:1], always, lambda _, outcome: ended.put(outcome))
        assert isinstance(ended.get(timeout=5), Accepted)
        end = time.monotonic() + 5
        while server.open and time.monotonic() < end:
            time.sleep(0.02)
        assert server.open == set()
        assert server.commands[-1] == "QUIT"
        transport.submit(MAILS[1:2], always, lambda _, outcome: ended.put(outcome))
        assert isinstance(ended.get(timeout=5), Accepted)
        transport.close()

    assert server.connections == 2
