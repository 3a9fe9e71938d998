"""What a mail has said no second one can say; what no mail has said another one may (R11, R44, ADR 0082)."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from benchmarks.chaos.preparing import prepare
from tests.servers import fresh_database
from tests.smtp_server import ScriptedServer
from worker.delivery.smtp import Server, SmtpTransport
from worker.storage import instances
from worker.storage.engine import database_clock
from worker.usecases.flight import Sender
from worker.usecases.plan_due import plan_due
from worker.usecases.send_due import send_due
from worker.usecases.settling import finish
from worker.wiring import parts_for

AGAIN = text(
    "insert into mail_thread (mail_id, thread_id, facts_rev, told_rev, section)"
    " select -1, thread_id, facts_rev, told_rev, section from mail_thread where mail_id = :id"
)
ENDS = text("select state, min(id) from mail where audience = 'buyer' and created_at >= :began group by state")


def test_r44_what_was_sent_cannot_be_said_by_a_second_mail_and_what_was_refused_can(tmp_path):
    began = datetime.now(UTC)
    engine = prepare(fresh_database("said_once"), 6, began - timedelta(seconds=1), tmp_path / "before")
    parts = parts_for(engine, database_clock, "said.example")
    while plan_due(parts):
        pass
    refused = []

    def refuse_the_first(phase, talk):
        if phase == "rcpt" and (not refused or talk.recipient in refused):
            refused.append(talk.recipient)
            return "550 no such user"
        return None

    with ScriptedServer(refuse_the_first) as server:
        with engine.begin() as connection:
            number = instances.register(connection, "test", database_clock(connection))
        place = Server(host="127.0.0.1", port=server.port, connections=1)
        sender = Sender(instance=number, transport=SmtpTransport(place))
        ends, until = {}, time.monotonic() + 20
        while not {"sent", "failed"} <= ends.keys() and time.monotonic() < until:
            send_due(parts, sender)
            with engine.connect() as connection:
                ends = dict(list(connection.execute(ENDS, {"began": began})))
        finish(parts, sender, 5)

    with engine.begin() as connection:
        connection.execute(AGAIN, {"id": ends["failed"]})
        connection.execute(text("delete from mail_thread where mail_id = -1"))
    with engine.connect() as connection, pytest.raises(IntegrityError, match="mail_thread_live_once"):
        connection.execute(AGAIN, {"id": ends["sent"]})
    engine.dispose()
