"""A stranger who reads only docs/integrate.md succeeds: its commands are run as they stand there."""

import os
import re
import signal
import subprocess
import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.servers import fresh_database, test_servers
from tests.waiting import wait_until
from worker.delivery.catcher import free_port

ROOT = Path(__file__).resolve().parents[2]
DOC = (ROOT / "docs" / "integrate.md").read_text()
BLOCKS = re.findall(r"```(sh up|sh|python)\n(.*?)```", DOC, re.DOTALL)


def environment(folder):
    port = free_port((0,))
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("BACKORDER_")},
        "BACKORDER_DATABASE_URL": fresh_database("integrate"),
        "BACKORDER_BROKER_URL": test_servers().broker_url.replace("/0", "/9"),
        "BACKORDER_MAIL_URL": f"file://{folder}/mails",
        "BACKORDER_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "BACKORDER_SECRET_KEY": "only-for-tests-0123456789",
        "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}",
    }


@pytest.mark.slow
def test_a_stranger_gets_from_nothing_to_a_mail_caused_by_a_signed_event(tmp_path):
    import urllib3

    env = environment(tmp_path)
    (tmp_path / "mails").mkdir()
    commands = [(kind, text) for kind, text in BLOCKS if "make install" not in text]
    began = time.monotonic()
    running = None
    try:
        for kind, text in commands:
            if kind == "sh up":
                running = subprocess.Popen(text, shell=True, env=env, cwd=tmp_path, start_new_session=True)
                pool = urllib3.PoolManager(retries=False)

                def ready(pool=pool):
                    try:
                        return pool.request("GET", f"{env['BACKORDER_PUBLIC_URL']}/readyz").status == 200
                    except urllib3.exceptions.HTTPError:
                        return False

                wait_until(ready, 60)
            elif kind == "python":
                (tmp_path / "push.py").write_text(text)
            else:
                done = subprocess.run(
                    ["bash", "-euc", text],
                    env=env,
                    cwd=tmp_path,
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=False,
                )
                assert done.returncode == 0, (text, done.stdout, done.stderr)
        mails = wait_until(lambda: list((tmp_path / "mails").glob("*.eml")), 60)
    finally:
        if running:
            os.killpg(running.pid, signal.SIGTERM)
            running.wait(40)
    mail = message_from_bytes(mails[0].read_bytes(), policy=default)

    assert mail["X-Backorder-Orders"] == "B-1042"
    assert mail["To"] == "purchasing@muster.example.com"
    assert time.monotonic() - began < 15 * 60
