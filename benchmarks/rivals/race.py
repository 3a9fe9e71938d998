"""All contestants in turn, round by round, on the same servers and the same sink; medians and ratios."""

import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.rivals import house, limit, ours, peers, venv
from benchmarks.rivals.alarms import alarms
from benchmarks.rivals.letter import write_letter
from benchmarks.rivals.sink import sink
from worker.affinity import OFF

LEAST_ROUNDS: Final = int(os.environ.get("RACE_ROUNDS", "3"))
MOST_ROUNDS: Final = int(os.environ.get("RACE_ROUNDS", "5"))
SECONDS: Final = 320.0
"""So many rounds as fit in that time: rounds of one and the same code differ by a quarter on a rented machine."""
MAILS: Final = int(os.environ.get("RACE_MAILS", "10000"))
ALONE: Final = MAILS // 2
PEERS_MAILS: Final = MAILS // 5
"""A busy machine may run a shorter race; the figures say which it was."""
ALARMS: Final = 5_000
AIMS: Final = {
    "ours_to_limit": 0.45,
    "ours_to_post_office_best": 3.5,
    "ours_to_plain_celery": 7.0,
    "second_process": 1.8,
}


def measure(folder: Path) -> dict[str, Any]:
    """Run the race; needs the network once, to install the peers.

    Those whose figures are compared most closely run one after the other, and every other round runs backwards, because
    the speed of a rented machine changes within a minute.
    """
    versions = venv.ready()
    ours.prepare(MAILS, folder / "world")
    statement = limit.prepare(ours.TEMPLATE, MAILS)
    letters = folder / "letters"
    write_letter(statement, letters)
    peers.prepare()
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with sink() as target:
        contestants: dict[str, Callable[[], dict[str, Any]]] = {
            "post_office_default": lambda: peers.post_office("default", PEERS_MAILS // 4, target.port, letters),
            "limit_1": lambda: limit.run(1, MAILS, target.port),
            "limit_2": lambda: limit.run(2, MAILS, target.port),
            "ours_2": lambda: ours.run(2, MAILS, target.port),
            "ours_1": lambda: ours.run(1, ALONE, target.port),
            "ours_2_any_core": lambda: ours.run(2, MAILS, target.port, OFF),
            "post_office_best": lambda: peers.post_office("best", PEERS_MAILS, target.port, letters),
            "plain_celery": lambda: peers.plain(PEERS_MAILS, target.port, letters),
        }
        for number in _rounds():
            for name in list(contestants)[:: -1 if number % 2 else 1]:
                began = time.perf_counter()
                found[name].append(contestants[name]())
                print(f"{name}: {found[name][-1]} in {time.perf_counter() - began:.0f} s", flush=True)
        capacity = limit.capacity(target.port)
    for name in ("limit", "plain", "post", ours.TEMPLATE):
        house.drop(name)
    return _summary(found) | {
        "mails": {
            "limit and ours": MAILS,
            "ours by 1 process": ALONE,
            "peers": PEERS_MAILS,
            "post_office default": PEERS_MAILS // 4,
        },
        "sink": {"name": target.name, "takes_per_second_from_one_process": capacity},
        "alarms": {"count": ALARMS, "ours": alarms(ALARMS, folder / "alarms"), **peers.beats(ALARMS)},
        "peers": versions,
    }


def _rounds() -> Iterator[int]:
    """Count rounds: the fewest in any case, and then as long as one more is likely to fit."""
    began = time.monotonic()
    for number in range(MOST_ROUNDS):
        gone = time.monotonic() - began
        if number >= LEAST_ROUNDS and gone + gone / number > SECONDS:
            return
        yield number


def _summary(found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    rates = {name: round(statistics.median(one["per_second"] for one in rounds)) for name, rounds in found.items()}
    return {
        "rounds": {name: [one["per_second"] for one in rounds] for name, rounds in found.items()},
        "per_second": rates,
        "ratios": ratios(found),
        "aims": AIMS,
        "burst": {
            str(MAILS): {
                "seconds_until_all_accepted": round(
                    statistics.median(one["all_accepted_after"] for one in found["ours_2"]), 2
                ),
                "worst": max(one["all_accepted_after"] for one in found["ours_2"]),
            }
        },
    }


def ratios(found: dict[str, list[dict[str, Any]]]) -> dict[str, float]:
    """Give the median of the rounds' ratios: what disturbs one round disturbs both sides of it."""

    def ratio(above: str, below: str) -> float:
        pairs = zip(found[above], found[below], strict=True)
        return round(statistics.median(one["per_second"] / other["per_second"] for one, other in pairs), 2)

    return {
        "ours_to_limit": ratio("ours_2", "limit_2"),
        "ours_to_limit_one_process": ratio("ours_1", "limit_1"),
        "ours_to_post_office_best": ratio("ours_2", "post_office_best"),
        "ours_to_post_office_default": ratio("ours_2", "post_office_default"),
        "ours_to_plain_celery": ratio("ours_2", "plain_celery"),
        "second_process": ratio("ours_2", "ours_1"),
        "second_process_of_limit": ratio("limit_2", "limit_1"),
        "kept_to_cores": ratio("ours_2", "ours_2_any_core"),
    }
