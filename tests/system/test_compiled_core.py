"""What `make compile` makes does what its sources say: the tests of the core and of the road, on compiled modules."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEFT_BEHIND = shutil.ignore_patterns(".*", "*.so", "build", "mutants", "*.egg-info", "__pycache__")
TESTS = (
    "tests/unit",
    "tests/properties",
    "tests/integration/test_in_one_go.py",
    "tests/integration/test_following.py",
    "tests/integration/test_crashes.py",
    "tests/integration/test_sending.py",
    "tests/integration/test_direct_statements.py",
    "tests/integration/test_rows_given.py",
    "tests/integration/test_plan_leases.py",
    "tests/integration/test_smtp_phases.py",
    "tests/integration/test_announcing.py",
    "tests/integration/test_attending.py",
    "tests/integration/test_loads_side_by_side.py",
)
NOT_THESE = ("--ignore=tests/unit/test_compiled.py", "--ignore=tests/unit/intake")
"""One compares with what Python knows of sources; the others read events, of which nothing is compiled."""
HEADER = Path(sysconfig.get_path("include")) / "Python.h"

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        shutil.which("gcc") is None or not HEADER.exists(), reason="compiling needs Debian's gcc and python3-dev"
    ),
]


def run(folder, *command):
    env = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run([sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-2_000:]
    return done.stdout


def test_the_core_and_the_road_pass_their_tests_compiled(tmp_path):
    copy = tmp_path / "backorder"
    shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND)

    said = run(copy, "tools/compile.py", "--quick")
    where = run(copy, "-c", "from schedules import planner; print(planner.__file__)")
    run(copy, "-m", "pytest", "-q", "-n", "2", "-m", "not system", *NOT_THESE, *TESTS)

    assert "modules are compiled" in said
    assert where.strip().endswith(sysconfig.get_config_var("EXT_SUFFIX"))
    run(copy, "tools/compile.py", "--plain")
    assert not [*copy.glob("schedules/*.so"), *copy.glob("*.so")]
