"""Fail on any tracked Python file that is longer than a reader's patience."""

import subprocess
import sys
from pathlib import Path

MOST_LINES = 300

tracked = subprocess.run(["git", "ls-files", "*.py"], capture_output=True, text=True, check=True).stdout.split()
lengths = {name: len(Path(name).read_text("utf-8").splitlines()) for name in tracked if Path(name).exists()}
too_long = {name: length for name, length in lengths.items() if length > MOST_LINES}
for name, length in too_long.items():
    print(f"{name}: {length} lines; allowed: {MOST_LINES}. Find the second idea in it and give it a file.")
sys.exit(1 if too_long else 0)
