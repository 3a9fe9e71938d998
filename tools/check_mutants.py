"""Read mutmut's figures and fail below the share of killed mutants that the project holds itself to."""

import json
import sys
from pathlib import Path

LEAST = 0.85
STATS = Path("mutants/mutmut-cicd-stats.json")


def main() -> int:
    """Print the share of killed mutants; 1 if it is too small, or if none were made."""
    stats = json.loads(STATS.read_text("utf-8"))
    killed, total = stats["killed"] + stats["timeout"], stats["total"]
    share = killed / total if total else 0.0
    print(f"{killed} of {total} mutants killed: {share:.1%} (at least {LEAST:.0%})")
    return 0 if share >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
