"""`make bench-bounces CORPUS=folder`: verdicts and recipients against a folder of mails with an index.jsonl."""

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from worker.bounces.reading import read_report
from worker.updates.bounces import judge
from worker.updates.bouncewords import BounceVerdict

HARD = BounceVerdict.HARD
EXCUSED = {BounceVerdict.SOFT, BounceVerdict.AUTO_REPLY, BounceVerdict.DELIVERED, BounceVerdict.NOT_A_BOUNCE}


def measure(corpus: Path, *, show: bool = False) -> dict[str, Any]:
    rows = [json.loads(line) for line in (corpus / "index.jsonl").read_text("utf-8").splitlines() if line.strip()]
    right, hards, missed, excused, false_hard, listed, found = 0, 0, 0, 0, 0, 0, 0
    kinds: Counter[tuple[str, str]] = Counter()
    began = time.perf_counter()
    for row in rows:
        report = read_report((corpus / row["file"]).read_bytes())
        judged = judge(report)
        wanted = BounceVerdict(row["verdict"])
        kinds[wanted, judged.verdict] += 1
        right += judged.verdict is wanted
        hards += wanted is HARD
        missed += wanted is HARD and judged.verdict is not HARD
        excused += wanted in EXCUSED
        false_hard += wanted in EXCUSED and judged.verdict is HARD
        mine = {address.casefold() for address in report.recipients}
        lost = [address for address in row["recipients"] if address.casefold() not in mine]
        listed += len(row["recipients"])
        found += len(row["recipients"]) - len(lost)
        if show and (judged.verdict is not wanted or lost):
            print(row["file"], wanted.value, "->", judged.verdict.value, judged.status, f"[{judged.why}]", lost)
    return {
        "mails": len(rows),
        "accuracy": round(right / len(rows), 4),
        "false_hard": round(false_hard / max(1, excused), 4),
        "missed_hard": round(missed / max(1, hards), 4),
        "recipient_recall": round(found / max(1, listed), 4),
        "ms_per_mail": round((time.perf_counter() - began) * 1000 / len(rows), 2),
        "confused": {
            f"{wanted} called {called}": n for (wanted, called), n in sorted(kinds.items()) if wanted != called
        },
    }


def main() -> None:
    if len(sys.argv) < 2 or not (Path(sys.argv[1]) / "index.jsonl").is_file():
        sys.exit("usage: make bench-bounces CORPUS=folder (mails, and an index.jsonl with file, verdict, recipients)")
    print(json.dumps(measure(Path(sys.argv[1]), show="--show" in sys.argv), indent=2))


if __name__ == "__main__":
    main()
