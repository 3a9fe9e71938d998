"""The whole way: a change by plain SQL in somebody's own tables, beat and workers, the buyer's mail."""

import socket
import subprocess
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.builders import at, cloud, seller
from tests.layouts import ERPNEXT, ODOO, run
from tests.live import environment
from tests.servers import empty_database, fresh_database, test_servers
from tests.waiting import wait_until
from worker.delivery.catcher import Catcher
from worker.intake.reading import read_value
from worker.processes import beat_command, sources_command, stop, worker_command
from worker.storage.engine import database_clock, make_engine
from worker.usecases.record_events import record
from worker.wiring import parts_for

HANGS = """
seller = "bergmann"
says = "allocations"
every = "1s"
[http]
url = "http://127.0.0.1:{port}/ready"
[columns]
order = "order"
line = "line"
available = "ready"
[limits]
seconds = 60
"""
EXAMPLES = Path(__file__).resolve().parents[2] / "sources" / "examples"


class House:
    """Processes of the product on a database whose clock can be put forward."""

    def __init__(self, folder, url, engine, catcher):
        self.folder, self.url, self.engine, self.catcher = folder, url, engine, catcher

    def clock(self, moment):
        """Set the clock of every process: they all ask the database."""
        with self.engine.begin() as connection:
            connection.execute(text("delete from test_clock"))
            connection.execute(
                text("insert into test_clock select :moment - clock_timestamp()"), {"moment": moment.isoformat()}
            )

    def mails(self):
        found = [message_from_bytes(path.read_bytes(), policy=default) for path in self.catcher.folder.glob("*.eml")]
        to_buyers = [mail for mail in found if mail["X-Backorder-Orders"]]
        return {(mail["X-Backorder-Orders"], mail["X-Backorder-Kind"]): mail for mail in to_buyers}

    def ask(self, query):
        with self.engine.connect() as connection:
            return connection.execute(text(query)).all()


@pytest.fixture
def house(tmp_path):
    url, odoo = fresh_database("watched"), empty_database("odoo")
    erpnext = f"sqlite:///{tmp_path}/erpnext.db"
    run(odoo, ODOO)
    run(erpnext, ERPNEXT)
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("create table test_clock (ahead interval)"))
        connection.execute(text("insert into test_clock values ('0')"))
        connection.execute(
            text(
                "create or replace function backorder_now() returns timestamptz language sql volatile as"
                " 'select clock_timestamp() + ahead from test_clock'"
            )
        )
    folder = tmp_path / "sources"
    folder.mkdir()
    for name in ("odoo-lines", "erpnext-lines"):
        words = (EXAMPLES / f"{name}.toml").read_text()
        (folder / f"{name}.toml").write_text(words.replace('every = "2m"', 'every = "1s"'))
    hanging = socket.create_server(("127.0.0.1", 0))
    (folder / "hangs.toml").write_text(HANGS.format(port=hanging.getsockname()[1]))
    catcher = Catcher(tmp_path, ports=(0,))
    broker = test_servers().broker_url.replace("/0", "/7")
    more = {"BACKORDER_SOURCES": str(folder), "ODOO_DATABASE_URL": odoo, "ERPNEXT_DATABASE_URL": erpnext}
    env = environment(url, broker, catcher.port) | more
    home = House(folder, url, engine, catcher)
    home.odoo, home.erpnext, home.hanging = odoo, erpnext, hanging
    home.clock(at(20, 11))
    parts = parts_for(engine, database_clock, "x")
    with engine.begin() as connection:
        now = database_clock(connection)
        sellers = [cloud("seller.configured", at(11), seller(seller=slug), slug) for slug in ("bergmann", "keller")]
        record(connection, parts, [read_value(one, received_at=now) for one in sellers], now)
    commands = (worker_command(1), sources_command(4), beat_command())
    started = [
        subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, start_new_session=True) for command in commands
    ]
    yield home
    for process in reversed(started):
        stop(process)
    hanging.close()
    catcher.close()
    engine.dispose()


@pytest.mark.slow
def test_r7_a_change_by_plain_sql_leads_by_beat_alone_to_the_right_mail_and_an_emptied_table_to_none(house):
    """All the while a third source accepts connections and never answers: it holds up neither a source nor a mail."""
    first = {("S00041", "first-notice"), ("SAL-ORD-2026-00007", "first-notice")}
    wait_until(lambda: house.ask("select count(*) from line")[0][0] == 4, 60)
    asked, _ = house.hanging.accept()
    house.clock(at(20, 11, 30))
    wait_until(lambda: first <= house.mails().keys(), 60)

    house.clock(at(21, 12))
    run(house.odoo, "update stock_move set quantity = 110, write_date = '2026-05-21 09:58:00' where id = 1")
    arrived = "stock_reserved_qty = 24, modified = '2026-05-21 11:58:00' where name = 'a1'"
    run(house.erpnext, f'update "tabSales Order Item" set {arrived}')
    wait_until(lambda: len(house.ask("select 1 from event where ext_id like '%#000002%'")) == 2, 60)
    house.clock(at(21, 12, 40))
    wait_until(
        lambda: {("S00041", "partial-release"), ("SAL-ORD-2026-00007", "stock-cleared")} <= house.mails().keys(), 60
    )

    released = house.mails()[("S00041", "partial-release")]
    assert released["To"].endswith("jana.keller@muster.example.com>")
    assert "110" in released.get_body(("plain",)).get_content()
    assert len(house.mails()) == 6
    run(house.odoo, "delete from sale_order_line")
    run(house.erpnext, 'delete from "tabSales Order Item"')
    wait_until(
        lambda: {row.state for row in house.ask("select state from source where name <> 'hangs'")} == {"quarantined"},
        60,
    )
    house.clock(at(22, 12))
    wait_until(lambda: house.ask("select count(*) from correspondence where wake_at <= backorder_now()")[0][0] == 0, 60)
    assert len(house.mails()) == 6
    assert {row.delayed for row in house.ask("select delayed from line")} == {10, 20, 0, 30}
    assert asked.recv(16).startswith(b"GET /ready")
    assert house.ask("select good_at from source where name = 'hangs'") == [(None,)]
    asked.close()
