"""Remove the data that root's embedded servers kept under /var/lib for this project's `.local` (`make clean`)."""

import sys
from pathlib import Path

from worker.local.places import forget

ROOT = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    for state in forget(ROOT / ".local"):
        sys.stdout.write(f"removed what was kept for {state}\n")
