"""`python -m benchmarks.chaos --seed 7 [--updates 20000] [--only kills --kills 50]`."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.chaos.run import run
from worker.local.places import forget


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--only", choices=["kills"], help="no other trouble than kills of processes, at full speed")
    parser.add_argument("--kills", type=int, default=50)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        found = run(Path(folder), wanted.seed, wanted.updates, kills=wanted.kills if wanted.only else None)
        forget(Path(folder))
    print(json.dumps(found, indent=2))
    sys.exit(0 if found["passed"] else 1)


if __name__ == "__main__":
    main()
