"""Every command of the howto pages runs, on the files that the pages show."""

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.builders import at, cloud, seller
from tests.servers import fresh_database, test_servers
from worker.intake.reading import read_value
from worker.storage.engine import make_engine
from worker.usecases.record_events import record
from worker.wiring import parts_for

HOWTO = Path(__file__).resolve().parents[2] / "docs" / "howto"
FILE = re.compile(r"into `([^`]+)`.*?```(?:toml|csv|json)\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^ {4,}((?:backorder|celery) .*)$", re.MULTILINE)


@pytest.fixture
def newcomer(tmp_path):
    """A folder, a configured seller, and somebody who types what the page says."""
    url = fresh_database("howto")
    engine = make_engine(url)
    configured = cloud("seller.configured", at(11), seller(), "s")
    with engine.begin() as connection:
        record(
            connection, parts_for(engine, lambda _: at(20), "x"), [read_value(configured, received_at=at(20))], at(20)
        )
    engine.dispose()
    (tmp_path / "sources").mkdir()
    env = os.environ | {
        "BACKORDER_DATABASE_URL": url,
        "BACKORDER_BROKER_URL": test_servers().broker_url,
        "BACKORDER_MAIL_URL": f"file://{tmp_path}/mail",
        "BACKORDER_SECRET_KEY": "only-for-tests-0123456789",
        "BACKORDER_SOURCES": str(tmp_path / "sources"),
        "ERP_DATABASE_URL": f"sqlite:///{tmp_path}/erp.db",
        "COLUMNS": "200",
    }

    def typed(command):
        words = shlex.split(command)[1:]
        return subprocess.run(
            [sys.executable, "-m", "worker.cli.main", *words],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    typed.folder = tmp_path
    return typed


def page(name, folder):
    """Write the files that a page shows; give its commands in their order."""
    words = (HOWTO / name).read_text()
    for path, content in FILE.findall(words):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(content)
        os.utime(folder / path, (time.time() - 60,) * 2)
    return COMMAND.findall(words)


def test_watch_a_database(newcomer):
    commands = page("watch-a-database.md", newcomer.folder)
    engine = create_engine(f"sqlite:///{newcomer.folder}/erp.db")
    with engine.begin() as connection:
        connection.execute(text("create table reservations (order_no, pos, ready, changed_at)"))
        for number in range(10):
            connection.execute(text(f"insert into reservations values ('B-{number}', '1', 5, '2026-05-20 09:00:00')"))
    done = {}
    for command in commands:
        if command.startswith("celery"):
            continue
        if "show" in command:
            with engine.begin() as connection:
                connection.execute(text("delete from reservations"))
            assert newcomer("backorder sources poll ready-units").returncode == 1
        done[command] = newcomer(command)
    engine.dispose()

    assert [one.returncode for one in done.values()] == [0] * len(commands[:-1]), done
    assert "10 differences recorded" in done["backorder sources poll ready-units"].stdout
    assert "the read is empty" in done["backorder sources show ready-units"].stdout
    assert "B-0/1: gone" in done["backorder sources show ready-units"].stdout
    assert "accepted" in done["backorder sources accept ready-units"].stdout


def test_the_worker_for_sources_is_started_as_the_page_says():
    from worker.processes import sources_command

    said = next(one for one in COMMAND.findall((HOWTO / "watch-a-database.md").read_text()) if "celery" in one)

    assert set(shlex.split(said)[1:]) <= set(sources_command(16))


def test_the_http_source_of_the_page_is_valid():
    import tomllib

    from worker.sources.definition import build

    words = (HOWTO / "watch-a-database.md").read_text()
    (block,) = [one for one in re.findall(r"```toml\n(.*?)```", words, re.DOTALL) if "[http]" in one]

    assert build("stock", tomllib.loads(block), {"WMS_TOKEN": "t"}).says == "stock"


def test_watch_a_folder(newcomer):
    commands = page("watch-a-folder.md", newcomer.folder)
    path = newcomer.folder / "sources" / "production-days.toml"
    path.write_text(path.read_text().replace('path = "exports"', f'path = "{newcomer.folder}/exports"'))

    done = [newcomer(command) for command in commands]

    assert [one.returncode for one in done] == [0] * len(commands), done
    assert "1 source files can be used, 0 cannot" in done[0].stdout
    assert "good; 2 differences recorded" in done[1].stdout


def test_start_with_open_orders(newcomer):
    commands = page("start-with-open-orders.md", newcomer.folder)

    done = [newcomer(command) for command in commands]

    assert [one.returncode for one in done] == [0] * len(commands), done
    assert "nothing was written" in done[0].stdout
    assert "written: 2 accepted" in done[1].stdout
    assert "2 lines written" in done[3].stdout
    exported = (newcomer.folder / "open-lines.csv").read_text()
    assert "jana.keller@muster.example.com" in exported
    assert newcomer("backorder import open-orders.csv --apply").stdout.count("written: nothing new") == 1


def test_learn_from_backorders(newcomer):
    commands = page("learn-from-backorders.md", newcomer.folder)

    done = [newcomer(command) for command in commands]

    assert [one.returncode for one in done] == [0] * len(commands), done
    assert "2 backorders since" in done[2].stdout
    assert '"weeks": 13' in done[3].stdout
    assert "its listing says ready, and 2 open lines of it are delayed" in done[4].stdout
    assert "listing for sku/BX-120: accepted by Eva Lang" in done[5].stdout
    assert "ads for sku/BX-120: dismissed by Eva Lang" in done[6].stdout
    again = newcomer(commands[5])
    assert (again.returncode, "found no such proposal" in again.stderr) == (1, True)
    assert newcomer("backorder review --seller nobody").returncode == 2
    decided = newcomer("backorder proposals --json").stdout
    assert '"standing": "accepted"' in decided
    assert '"by": "Eva Lang"' in newcomer("backorder review --json").stdout


def test_choose_a_policy(newcomer):
    commands = page("choose-a-policy.md", newcomer.folder)

    done = [newcomer(command) for command in commands]

    assert [one.returncode for one in done] == [0] * len(commands), done
    assert (newcomer.folder / "compared" / "summary.json").exists()
