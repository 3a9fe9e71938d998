"""A venv of the benchmark's own for the peers, so that none of them is a requirement of the product."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.rivals.house import ROOT

FOLDER: Final = ROOT / ".local" / "bench-venv"
PYTHON: Final = FOLDER / "bin" / "python"
APPS: Final = Path(__file__).parent / "apps"
PEERS: Final = (
    "celery==5.7.0",
    "redis==8.1.0",
    "celery-redbeat==2.4.2",
    "Django==5.2.19",
    "django-post_office==3.12.0",
    "psycopg[binary]==3.3.9",
    "Jinja2==3.1.6",
    "packaging==26.3",
)


def ready() -> dict[str, str]:
    """Install the peers, on the interpreter that runs this, if they are not there; give their versions."""
    if not _same_python():
        shutil.rmtree(FOLDER, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
    if not _present():
        install = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEERS]
        subprocess.run(install, check=True)
    return dict(peer.replace("[binary]", "").split("==") for peer in PEERS)


def _same_python() -> bool:
    asked = [PYTHON, "-c", "import sys; print(sys.version)"]
    return (
        PYTHON.exists()
        and subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == sys.version
    )


def _present() -> bool:
    listing = subprocess.run(
        [PYTHON, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"],
        check=True,
        capture_output=True,
        text=True,
    )
    there = {f"{row['name']}=={row['version']}".lower().replace("_", "-") for row in json.loads(listing.stdout)}
    return all(peer.replace("[binary]", "").lower().replace("_", "-") in there for peer in PEERS)


def run(script: str, *words: str, env: dict[str, str]) -> str:
    """Run one of the apps to its end; give what it printed."""
    command = [PYTHON, APPS / script, *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=env, cwd=APPS)
    assert done.returncode == 0, done.stderr[-3_000:]
    return done.stdout


if __name__ == "__main__":
    ready()
