"""The limit: ready statements, this project's templates and MIME, pipelined SMTP, one commit for 500; nothing else.

It plans nothing, checks nothing, keeps no bytes, no journal and no fence: what is left is the floor under every
sender that renders these mails in Python.
"""

import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import psycopg

from benchmarks.rivals import house
from benchmarks.scale.backlog import DUE_AT
from worker.affinity import POSSIBLE, keep_to_core
from worker.rendering.mime import Envelope, build_mail
from worker.rendering.rendering import Renderer
from worker.storage.engine import make_engine
from worker.storage.planning import claim_due, load
from worker.updates.messageid import boundary
from worker.updates.statement import UpdateStatement
from worker.usecases.drafts import WARM, statement_of
from worker.usecases.work import LEASE, plan_of
from worker.wiring import parts_for

GROUP: Final = 500
CONNECTIONS: Final = 4
TABLE: Final = (
    "create table ready (id bigint primary key, due_at timestamptz not null, statement bytea not null, sent boolean"
    " not null default false);"
    "create index on ready (due_at) where not sent"
)
CLAIM: Final = "select id, statement from ready where not sent order by due_at limit %s for no key update skip locked"


def prepare(template: str, mails: int) -> UpdateStatement:
    """Compose the statement of one mail as the product would, and keep it ready for as many readers; give it."""
    engine = make_engine(house.copy_of(template, "limit"))
    parts = parts_for(engine, lambda _: DUE_AT, "bench.example")
    with engine.begin() as connection:
        ids = claim_due(connection, "buyer", DUE_AT, 1, LEASE)
        loaded = load(connection, dict.fromkeys(ids, DUE_AT))[0]
        connection.exec_driver_sql(TABLE)
    statement = statement_of(parts, loaded, plan_of(parts, loaded).updates[0], DUE_AT)
    engine.dispose()
    with _database(house.address("limit")) as connection, connection.cursor() as cursor:
        with cursor.copy("copy ready (id, due_at, statement) from stdin") as copy:
            for number in range(mails):
                copy.write_row((number, DUE_AT, pickle.dumps(_for(statement, number))))
        connection.commit()
    return statement


def _for(statement: UpdateStatement, number: int) -> UpdateStatement:
    contact = replace(statement.contact, email=f"p{number}@muster.example.com")
    sections = tuple(replace(section, order=f"{section.order}-{number}") for section in statement.sections)
    return replace(statement, contact=contact, sections=sections)


def run(processes: int, mails: int, mail_port: int) -> dict[str, Any]:
    """Give mails per second of so many processes, started together, each on a core of its own."""
    with _database(house.address("limit")) as connection:
        connection.execute("update ready set sent = false")
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze ready")
    command = [sys.executable, "-m", __spec__.name, house.address("limit"), str(mail_port)]
    started = [
        subprocess.Popen([*command, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for place in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
    sent = 0
    for process in started:
        assert process.stdout is not None
        sent += int(process.stdout.read())
        process.wait()
    assert sent == mails, f"{sent} of {mails} mails"
    return {"per_second": round(mails / (time.perf_counter() - began))}


def _database(url: str) -> "psycopg.Connection[Any]":
    return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"))


class Pipe:
    """Connections that say the next mail's envelope in one breath with this mail's body."""

    def __init__(self, port: int, count: int = CONNECTIONS) -> None:
        self._sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        self._files = [one.makefile("rb") for one in self._sockets]
        for place, one in enumerate(self._sockets):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._reply(place, b"220")
            one.sendall(b"EHLO bench\r\n")
            self._reply(place, b"250")

    def send(self, mails: Sequence[tuple[str, bytes]]) -> None:
        """Send mails to these recipients; each is accepted, or this fails."""
        lanes = [list(mails[place :: len(self._sockets)]) for place in range(len(self._sockets))]
        for place, lane in enumerate(lanes):
            if lane:
                self._sockets[place].sendall(_envelope(lane[0][0]))
        for turn in range(len(lanes[0])):
            for place, lane in enumerate(lanes):
                if turn < len(lane):
                    for code in (b"250", b"250", b"354"):
                        self._reply(place, code)
                    following = _envelope(lane[turn + 1][0]) if turn + 1 < len(lane) else b""
                    body = lane[turn][1].replace(b"\r\n.", b"\r\n..")
                    self._sockets[place].sendall(body + b"\r\n.\r\n" + following)
            for place, lane in enumerate(lanes):
                if turn < len(lane):
                    self._reply(place, b"250")

    def _reply(self, place: int, code: bytes) -> None:
        line = self._files[place].readline()
        while line[3:4] == b"-":
            line = self._files[place].readline()
        assert line.startswith(code), line


def _envelope(recipient: str) -> bytes:
    return f"MAIL FROM:<updates@bergmann.example.com>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode()


def capacity(mail_port: int, mails: int = 20_000) -> int:
    """Give how many ready mails per second one process can push into the sink: it must not be the bottleneck."""
    pipe = Pipe(mail_port)
    body = b"Subject: x\r\n\r\n" + b"a line of some length, as mails have them\r\n" * 230
    began = time.perf_counter()
    for _ in range(mails // GROUP):
        pipe.send([("p@muster.example.com", body)] * GROUP)
    return round(mails / (time.perf_counter() - began))


def _work(url: str, port: int, place: int) -> int:
    if POSSIBLE:
        keep_to_core(place)
    renderer, pipe, sent = Renderer(), Pipe(port), 0
    with _database(url) as connection:
        warm = connection.execute(CLAIM, (1,)).fetchone()
        connection.rollback()
        if warm:
            _mails(renderer, [pickle.loads(warm[1])])
        print("ready", flush=True)
        sys.stdin.read()
        while True:
            rows = connection.execute(CLAIM, (GROUP,)).fetchall()
            if not rows:
                return sent
            statements = [pickle.loads(row[1]) for row in rows]
            few = [statements[first : first + WARM] for first in range(0, len(statements), WARM)]
            pipe.send([mail for statements in few for mail in _mails(renderer, statements)])
            connection.execute("update ready set sent = true where id = any(%s)", ([row[0] for row in rows],))
            connection.commit()
            sent += len(rows)


def _mails(renderer: Renderer, statements: list[UpdateStatement]) -> list[tuple[str, bytes]]:
    """Render and put together mails as the product does: a few at a time, stage by stage."""
    rendered = renderer.render_updates(statements)
    envelopes = [_written(statement) for statement in statements]
    contents = [build_mail(words, envelope) for words, envelope in zip(rendered, envelopes, strict=True)]
    return [(str(one.contact.email), content) for one, content in zip(statements, contents, strict=True)]


def _written(statement: UpdateStatement) -> Envelope:
    identity = f"<{statement.sections[0].order}@bench.example>"
    return Envelope(
        sender=statement.seller.sender,
        to=statement.contact,
        reply_to=statement.seller.order_desk,
        message_id=identity,
        in_reply_to=None,
        references=(),
        date=statement.at,
        kind=statement.kind,
        orders=tuple(section.order for section in statement.sections),
        checkpoint=None,
        boundary=boundary(identity),
    )


if __name__ == "__main__":
    print(_work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
