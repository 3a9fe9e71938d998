"""Source files: every fault is named by file, field and what is allowed."""

from pathlib import Path

import pytest

from worker.sources.definition import build, load_file, load_folder
from worker.sources.faults import DefinitionError

EXAMPLES = Path(__file__).resolve().parents[3] / "sources" / "examples"
STOCK = {
    "seller": "bergmann",
    "says": "allocations",
    "sql": {"url": "sqlite:///x.db", "query": "select * from ready"},
    "columns": {"order": "order_no", "line": "pos", "available": "ready"},
}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_are_valid_source_files(path):
    environ = {"ODOO_DATABASE_URL": "sqlite:///a", "ERPNEXT_DATABASE_URL": "sqlite:///b"}

    assert load_file(path, environ).name == path.stem


FAULTY = [
    pytest.param({"says": "weather"}, "says: found weather; allowed: open_backorders, allocations", id="says"),
    pytest.param({"every": "soon"}, "every: found soon; allowed: a span such as 30s, 5m, 2h or 1d", id="interval"),
    pytest.param({"colour": "red"}, "colour: found an unknown attribute; allowed: seller, says", id="unknown field"),
    pytest.param({"sql": None}, "(file): found no kind; allowed: one of [sql], [csv], [http]", id="no kind"),
    pytest.param({"csv": {"path": "x"}}, "found sql and csv; allowed: one of", id="two kinds"),
    pytest.param({"seller": None}, "seller: found nothing; allowed: the seller's short name", id="no seller"),
    pytest.param({"zone": "Mars/Base"}, "zone: found Mars/Base; allowed: the IANA name", id="zone"),
    pytest.param({"when_gone": "cancelled"}, "when_gone: found cancelled; allowed for allocations", id="deletions"),
    pytest.param({"limits": {"lost": 7}}, "limits.lost: found 7", id="share"),
    pytest.param({"columns": {"order": "a", "line": "b"}}, "columns.available: found nothing", id="missing column"),
    pytest.param({"columns": STOCK["columns"] | {"avail": "x"}}, "did you mean `available`?", id="misspelt column"),
    pytest.param({"sql": {"url": "sqlite://", "query": "delete from ready"}}, "begins with select", id="no select"),
    pytest.param({"sql": {"url": "${NO_SUCH_URL}", "query": "select 1"}}, "sql.url: found ${NO_SUCH_URL}", id="unset"),
]


@pytest.mark.parametrize(("changed", "told"), FAULTY)
def test_a_fault_names_file_field_and_what_is_allowed(changed, told):
    raw = {name: value for name, value in (STOCK | changed).items() if value is not None}

    with pytest.raises(DefinitionError) as fault:
        build("stock", raw, {}, file="stock.toml")

    assert told in str(fault.value)
    assert all(line.startswith("stock.toml: ") for line in str(fault.value).splitlines())


def test_all_faults_of_a_file_are_told_at_once_and_hinder_no_other_file(tmp_path):
    (tmp_path / "broken.toml").write_text("says = [")
    (tmp_path / "latin.toml").write_bytes(b'says = "\xe9"')
    (tmp_path / "good.toml").write_text(
        'seller = "s"\nsays = "stock"\n[csv]\npath = "x"\n[columns]\nsku = "a"\nunits = "b"\n'
    )

    found, faulty = load_folder(tmp_path, {})

    assert [source.name for source in found] == ["good"]
    assert [fault.file for fault in faulty] == ["broken.toml", "latin.toml"]


def test_secrets_come_from_the_environment_and_are_never_shown():
    raw = STOCK | {"sql": {"url": "postgresql://reader:${PASSWORD}@db/erp", "query": "select 1"}}

    source = build("stock", raw, {"PASSWORD": "s3cret-word"})
    with pytest.raises(DefinitionError) as fault:
        build("stock", raw | {"says": "weather"}, {"PASSWORD": "s3cret-word"})

    assert "s3cret-word" in source.file.sql.url
    assert "s3cret-word" not in repr(source)
    assert "s3cret-word" not in str(fault.value)
