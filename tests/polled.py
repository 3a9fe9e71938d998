"""A house with a source that a test writes to, on a virtual clock."""

import tomllib
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import text

from tests.builders import at, cloud, opening, seller
from tests.layouts import run
from tests.servers import empty_database, fresh_database
from worker.intake.reading import read_value
from worker.sources.definition import build
from worker.storage.engine import make_engine
from worker.usecases.poll_source import poll_source
from worker.usecases.record_events import record
from worker.usecases.watch_sources import due_sources, list_sources
from worker.wiring import parts_for

TABLE = "create table ready (no varchar(20), pos varchar(5), units numeric(12, 3), changed timestamp)"
FILE = """
seller = "bergmann"
says = "allocations"
every = "10m"
as_of = "changed"
when_gone = "none_allocated"
[sql]
url = "{url}"
query = "select no, pos, units, changed from ready"
[columns]
order = "no"
line = "pos"
available = "units"
[limits]
seconds = 5
"""


@dataclass
class House:
    """The product's database, a seller with ten orders, and a source that a test writes to."""

    engine: object
    url: str
    folder: object
    now: object = at(20, 14)
    name: str = "ready"
    parts: object = field(init=False)

    def __post_init__(self):
        self.parts = replace(parts_for(self.engine, lambda _: self.now, "x"), operator="ops@example.com")

    @property
    def source(self):
        return build(self.name, tomllib.loads((self.folder / f"{self.name}.toml").read_text()), {})

    def sql(self, script):
        run(self.url, script)

    def poll(self, minutes=10):
        self.now += timedelta(minutes=minutes)
        due_sources(self.parts, self.folder)
        return poll_source(self.parts, self.source)

    def ask(self, query):
        with self.engine.connect() as connection:
            return connection.execute(text(query)).all()

    def available(self):
        return {row.order_no: int(row.available) for row in self.ask("select order_no, available from line")}

    def standing(self):
        (found,) = [one for one in list_sources(self.parts, self.folder) if one.name == self.name]
        return found


def house_of(kind, tmp_path):
    url = empty_database("erp") if kind == "postgresql" else f"sqlite:///{tmp_path}/erp.db"
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "ready.toml").write_text(FILE.format(url=url))
    rows = ", ".join(f"('B-{number}', '1', 80, '2026-05-20 07:30:00')" for number in range(10))
    run(url, f"{TABLE}; insert into ready values {rows}")
    engine = make_engine(fresh_database("polled"))
    home = House(engine, url, tmp_path / "sources")
    with engine.begin() as connection:
        given = [cloud("seller.configured", at(19), seller(), "s")]
        given += [cloud("backorder.opened", at(20, 9), opening(order=f"B-{n}"), n) for n in range(10)]
        record(connection, home.parts, [read_value(one, received_at=home.now) for one in given], home.now)
    yield home
    engine.dispose()
