"""`make bench [ARGS="race single"]`: all that is measured, kept in benchmarks/results.json section by section."""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks import delivery, items, page, planning, replaying, results, scale, single, stages, web
from benchmarks.rivals import race

SECTIONS: Final[dict[str, Callable[[Path], dict[str, Any]]]] = {
    "race": race.measure,
    "single": single.measure,
    "stages": stages.measure,
    "items": lambda _: items.measure(),
    "planning": lambda _: planning.measure(),
    "replay": replaying.measure,
    "web": web.measure,
    "delivery": delivery.measure,
    "scale": scale.measure,
}


def main() -> None:
    wanted = sys.argv[1:] or list(SECTIONS)
    unknown = sorted(set(wanted) - set(SECTIONS))
    if unknown:
        sys.exit(f"found {', '.join(unknown)}; allowed: {', '.join(SECTIONS)}")
    for name in wanted:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            figures = SECTIONS[name](Path(folder))
        results.keep(name, figures | {"took_seconds": round(time.perf_counter() - began)})
        print(json.dumps({name: figures}, indent=1), flush=True)
    page.write()


if __name__ == "__main__":
    main()
