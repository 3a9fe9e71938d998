"""First loads: looked at before they are written, told orders stay told, the same file again changes nothing."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.builders import at, cloud, opening, seller
from tests.servers import fresh_database
from worker.intake.reading import read_value
from worker.replay.run import Feed, Stepper
from worker.replay.world import World
from worker.sources.faults import DefinitionError, ReadError
from worker.storage import instances
from worker.storage.engine import make_engine
from worker.usecases.export_orders import export_lines
from worker.usecases.import_mapping import source_of
from worker.usecases.import_orders import import_file
from worker.usecases.record_events import record
from worker.wiring import parts_for

HEADER = "seller,order,line,company,contact_email,sku,product,ordered,available,cause,told_at,told_next_checkpoint"
TOLD = "2026-05-18T09:00:00+02:00,2026-05-27"


def row(order, line=1, ordered=120, told=TOLD, email="p@muster.example.com", cause="inspection_hold"):
    return f"bergmann,{order},{line},Muster,{email},BX-120,Block,{ordered},80,{cause},{told}"


@dataclass
class House:
    engine: Any
    folder: Any
    now: datetime

    @property
    def parts(self):
        return parts_for(self.engine, lambda _: self.now, "x")

    def load(self, *rows, header=HEADER, apply=True, mapping=None, seller=None):
        path = self.folder / "orders.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return import_file(self.parts, source_of(path, mapping, seller), path, apply=apply)

    def ask(self, query):
        with self.engine.connect() as connection:
            return connection.execute(text(query)).all()

    def run_until(self, end):
        world = World(folder=self.folder / "mail", now=self.now)
        world.folder.mkdir(exist_ok=True)
        stepper = Stepper(parts_for(self.engine, lambda _: world.now, "x"), world, lambda _: None)
        with self.engine.begin() as connection:
            stepper.sender.instance = instances.register(connection, "test", self.now)
        stepper.run(Feed(), end)
        self.now = end
        return [row.kind for row in self.ask("select kind from mail where audience = 'buyer' order by id")]


@pytest.fixture
def house(tmp_path):
    engine = make_engine(fresh_database("loaded"))
    home = House(engine, tmp_path, at(20, 10))
    configured = cloud("seller.configured", at(11), seller(), "s")
    with engine.begin() as connection:
        record(connection, home.parts, [read_value(configured, received_at=home.now)], home.now)
    yield home
    engine.dispose()


def test_a_dry_run_says_what_would_happen_and_writes_nothing(house):
    rows = (row("I-1"), row("I-1", line=2), row("I-2", told=","), row("I-3", told=",", email=""))

    summary = house.load(*rows, apply=False)

    assert (summary.rows, summary.new, summary.orders, summary.told) == (4, 4, 3, 1)
    assert (summary.first_notices, summary.without_address, summary.contacts) == (2, 1, 1)
    assert summary.faults == []
    assert house.ask("select 1 from line") == house.ask("select 1 from source_row") == []


def test_r49_an_import_that_says_what_was_told_sends_no_first_notice_and_keeps_the_promise(house):
    house.load(row("I-1"), row("I-2", told=","))

    assert house.run_until(at(22)) == ["first-notice"]
    promises = house.ask("select order_no, promised_as, due_at from promise where outcome = 'open' order by order_no")
    assert promises[0] == ("I-1", "day", at(27, 10))
    assert house.ask("select facts ->> 'confirmed_at' from line where order_no = 'I-1'") == [
        ("2026-05-18T07:00:00+00:00",)
    ]


def test_the_same_file_again_changes_nothing_and_a_changed_row_says_what_changed(house):
    first = house.load(row("I-1"), row("I-2"))
    again = house.load(row("I-1"), row("I-2"))
    changed = house.load(row("I-1"), row("I-2", ordered=100))

    assert (first.verdicts, again.verdicts, again.unchanged) == ({"accepted": 2}, {}, 2)
    assert (changed.changed, changed.events) == (1, {"line.changed": 1})
    assert house.ask("select count(*) from event where source = 'source:import'") == [(3,)]


def test_every_doubtful_row_is_named_by_line_and_column_and_the_others_land(house):
    summary = house.load(
        row("I-1"),
        row("I-2", ordered="12,5").replace("12,5", '"12,5"'),
        row("I-3", cause="weather"),
        row("I-4", email="not an address"),
        row("I-5", told="2026-02-30,"),
        row("I-6", ordered=20),
        row("I-1", ordered=7),
        row("I-7", told="2026-05-21T09:00:00+02:00,soon"),
        "too,few",
        row("I-8"),
    )

    assert [one.partition("; allowed")[0] for one in summary.faults] == [
        "row 3 (bergmann/I-2/1), column `ordered`: found 12,5",
        "row 4 (bergmann/I-3/1), column `cause`: found weather",
        "row 5 (bergmann/I-4/1), column `contact_email`: found not an address",
        "row 6 (bergmann/I-5/1), column `told_at`: found 2026-02-30",
        "row 8 (bergmann/I-1/1): found this key a second time, with other content",
        "row 9 (bergmann/I-7/1), column `told_next_checkpoint`: found soon",
        "row 10: found 2 cells",
    ]
    assert (summary.left_out, summary.not_delayed, summary.verdicts) == (8, 1, {"accepted": 1})
    assert house.ask("select order_no from line") == [("I-8",)]


def test_a_mapping_file_names_foreign_columns_and_forms(house):
    mapping = {
        "decimal": ",",
        "day": "%d.%m.%Y",
        "zone": "Europe/Berlin",
        "columns": {
            "order": "Auftrag",
            "line": "Pos",
            "company": "Kunde",
            "sku": "Artikel",
            "product": "Bezeichnung",
            "ordered": "Menge",
            "delayed": "Rückstand",
            "expected_on": "Termin",
        },
        "values": {"cause": "supplier_timing"},
    }

    summary = house.load(
        "A-1;10;Müller GmbH;X-1;Träger;1.250,5;50,5;02.06.2026;ignored",
        header="Auftrag;Pos;Kunde;Artikel;Bezeichnung;Menge;Rückstand;Termin;Notiz",
        mapping=mapping,
        seller="bergmann",
    )

    assert summary.not_read == ["column `Notiz` is not read"]
    assert house.ask("select order_no, ordered, available, facts ->> 'expected_on' from line") == [
        ("A-1", 1250.5, 1200, "2026-06-02")
    ]


def test_a_file_that_breaks_off_is_told_and_nothing_of_it_is_written(house):
    with pytest.raises(ReadError, match="begins at line 3"):
        house.load(row("I-1"), row("I-2").replace("Block", '"Block'))
    with pytest.raises(DefinitionError, match=r"columns\.cause: found nothing"):
        house.load("bergmann,I-1", header="seller,order")
    with pytest.raises(DefinitionError, match="colour: found an unknown field"):
        house.load(row("I-1"), mapping={"colour": "red"})

    assert house.ask("select 1 from line") == []


def test_a_seller_that_is_not_configured_is_named(house):
    summary = house.load(row("I-1").replace("bergmann", "nobody"), apply=False)

    assert summary.unknown_sellers == ["nobody"]


def test_an_export_is_read_back_by_import_and_runs_in_no_spreadsheet(house, tmp_path):
    formula = opening(
        order="=1+1",
        product="@SUM(A1)",
        choices=["wait", "split"],
        expected_on="2026-06-10",
        owner={"name": "-Eva", "email": "eva@bergmann.example.com"},
        told={"at": "2026-05-18T09:00:00+02:00", "next_checkpoint": "2026-05-27"},
    )
    given = [cloud("backorder.opened", at(19), formula, "f"), cloud("backorder.opened", at(19), opening(), "o")]
    with house.engine.begin() as connection:
        record(connection, house.parts, [read_value(one, received_at=house.now) for one in given], house.now)
    target = io.StringIO()
    count = export_lines(house.parts, target)
    cells = [cell for line in csv.reader(io.StringIO(target.getvalue())) for cell in line]
    other = House(make_engine(fresh_database("exported")), tmp_path, at(20, 10))
    configured = cloud("seller.configured", at(11), seller(), "s")
    with other.engine.begin() as connection:
        record(connection, other.parts, [read_value(configured, received_at=other.now)], other.now)
    path = tmp_path / "exported.csv"
    path.write_text(target.getvalue())
    other.now += timedelta(minutes=1)
    summary = import_file(other.parts, source_of(path, None, None), path, apply=True)

    same = "select order_no, ordered, available, facts ->> 'product', facts ->> 'expected_on', facts -> 'choices'"
    assert (count, summary.faults, summary.not_read) == (2, [], [])
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert other.ask(f"{same} from line order by 1") == house.ask(f"{same} from line order by 1")
    assert other.ask("select due_at from promise") == house.ask("select due_at from promise")
    other.engine.dispose()
