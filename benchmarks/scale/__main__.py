"""`python -m benchmarks.scale [--orders N]`: grow a database to N open backorders and measure along the way."""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Final

from benchmarks import results
from benchmarks.scale import SIZES, measure

LARGE: Final = "scale_large"
"""Sizes beyond those of `make bench` have a section of their own, which that leaves alone."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--orders", type=int, default=max(SIZES), help="10,000 to 10,000,000 open backorders")
    wanted = asked.parse_args().orders
    sizes = sorted({*(size for size in (10_000, 100_000, 1_000_000) if size < wanted), wanted})
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), sizes)
    results.keep("scale" if wanted <= max(SIZES) else LARGE, found)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
