"""The tables of docs/performance.md, each from the results file alone; what was not measured is said so."""

from collections.abc import Callable
from typing import Any, Final

from benchmarks.goals import NOT_MEASURED, figure, goals
from benchmarks.stages import BUDGET

Found = dict[str, Any]


CONTESTANTS: Final = {
    "limit_1": "limit pipeline, 1 process",
    "limit_2": "limit pipeline, 2 processes",
    "ours_1": "this product, 1 process",
    "ours_2": "this product, 2 processes",
    "ours_2_any_core": "this product, 2 processes that keep to no core",
    "post_office_default": "django-post_office, default",
    "post_office_best": "django-post_office, best (bulk, rendered before, 2 processes)",
    "plain_celery": "plain Celery app, 2 processes",
}


def race(found: Found) -> list[str]:
    """Give each contestant's rate."""
    rates = figure(found, "race", "per_second") or {}
    rounds = figure(found, "race", "rounds") or {}
    lines = ["| contestant | mails a second (median) | rounds |", "|---|---|---|"]
    for name, words in CONTESTANTS.items():
        each = ", ".join(f"{rate:,}" for rate in rounds.get(name, ()))
        lines.append(f"| {words} | {rates[name]:,} | {each} |" if name in rates else f"| {words} | {NOT_MEASURED} | |")
    mails = figure(found, "race", "mails") or {}
    said = ", ".join(f"{count:,} for {who}" for who, count in mails.items())
    server = figure(found, "race", "sink") or {}
    if server:
        taken = server["takes_per_second_from_one_process"]
        lines += ["", f"Mails: {said}. Mail server: {server['name']}; it takes {taken:,} ready mails a second from one"]
        lines += ["process, so it is not what limits anybody here."]
    ratios = figure(found, "race", "ratios") or {}
    if ratios:
        ours, theirs = ratios["second_process"], ratios["second_process_of_limit"]
        lines += [f"A second process gives this product {ours} times as much, and the limit pipeline {theirs} times."]
        lines += [f"Keeping to a core each gives two processes {ratios['kept_to_cores']} times as much."]
    return lines


def alarms(found: Found) -> list[str]:
    """Give what future moments cost in each scheme."""
    kept = figure(found, "race", "alarms")
    if not kept:
        return [NOT_MEASURED]
    ours, redbeat, eta = kept["ours"], kept["redbeat"], kept["eta"]
    held = f"a worker holds all of them: {eta['worker_mb']} MB, {eta['taken_in_seconds']} s to take them in"
    return [
        f"| {kept['count']:,} future moments | seconds to add | while they wait |",
        "|---|---|---|",
        f"| this product (a column of a row) | {ours['added_seconds']} | a tick takes {ours['idle_tick_ms']} ms |",
        f"| redbeat (an entry each) | {redbeat['added_seconds']} | a tick takes {redbeat['idle_tick_ms']} ms |",
        f"| Celery ETA (a message each) | {eta['added_seconds']} | {held} |",
    ]


def stages(found: Found) -> list[str]:
    """Give each stage's time, before and after the work on it, beside its budget."""
    before, after = (figure(found, name, "us_per_mail") or {} for name in ("stages_before", "stages"))
    lines = ["| stage | budget, µs | at first | now |", "|---|---|---|---|"]
    for name in dict.fromkeys((*before, *after)):
        budget = BUDGET.get(name, BUDGET.get(name.partition(":")[0], "") if "wire" in name else "")
        lines.append(f"| {name} | {budget} | {before.get(name, '')} | {after.get(name, '')} |")
    totals = [sum(one.values()) or "" for one in (before, after)]
    whole = figure(found, "stages", "unwatched_us")
    compiled = [f"| the same, compiled and not watched | | | {whole} |"] if whole else []
    return [*lines, f"| **together** | {sum(BUDGET.values())} | {totals[0]} | {totals[1]} |", *compiled]


def scale(found: Found) -> list[str]:
    """Give what was measured at each size."""
    usual = figure(found, "scale", "sizes") or {}
    larger = figure(found, "scale_large", "sizes") or {}
    sizes = usual | {size: one for size, one in larger.items() if size not in usual}
    rows: dict[str, Callable[[Found], Any]] = {
        "idle tick, ms": lambda one: one["idle_tick_ms"],
        "… to that of 10,000 in turn with it": lambda one: one.get("idle_tick_to_small", ""),
        "claim of 100 due, ms": lambda one: one["claim_of_100_ms"],
        "reading those 100, ms": lambda one: one["read_of_100_ms"],
        "an item's new date on its lines, s (lines)": lambda one: (
            f"{one['item_event']['seconds']} ({one['item_event']['lines']:,})"
        ),
        "console: what needs a person, ms": lambda one: one["console_ms"]["needs"],
        "console: upcoming checkpoints, ms": lambda one: one["console_ms"]["upcoming"],
        "console: search by order, ms": lambda one: one["console_ms"]["order"],
        "console: search by company, ms": lambda one: one["console_ms"]["company"],
        "console: search by item, ms": lambda one: one["console_ms"]["item"],
        "worker after planning 2,000 mails, MB": lambda one: one["worker"]["megabytes"],
        "database, MB": lambda one: f"{one['database_mb']:,}",
        "made in, s": lambda one: one["generated_seconds"],
    }
    head = "| open backorders | " + " | ".join(f"{int(size):,}" for size in sizes) + " |"
    lines = [head, "|---" * (len(sizes) + 1) + "|"]
    for words, row in rows.items():
        lines.append(f"| {words} | " + " | ".join(str(row(one)) for one in sizes.values()) + " |")
    return lines


def replays(found: Found) -> list[str]:
    """Give what replays of several sizes took."""
    lines = ["| orders | events | mails | s | events a second |", "|---|---|---|---|---|"]
    sizes = (figure(found, "replay", "sizes") or {}) | (figure(found, "replay_large", "sizes") or {})
    for orders, one in sizes.items():
        row = (f"{int(orders):,}", f"{one['events']:,}", f"{one['mails']:,}", one["seconds"])
        lines.append(f"| {' | '.join(map(str, row))} | {one['events'] / one['seconds']:,.0f} |")
    return lines


def machine(found: Found) -> list[str]:
    """Say where and when each section was measured."""
    columns = ("at", "commit", "cores", "load_before", "python", "compiled_modules")
    lines = [
        "| section | on | commit | cores | load before | Python | compiled modules |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, section in found.items():
        on = section["machine"]
        lines.append(" | ".join((f"| {name}", *(str(on.get(column, 0)) for column in columns))) + " |")
    peers = figure(found, "race", "peers") or {}
    libraries = found["race"]["machine"]["libraries"] if "race" in found else {}
    versions = ", ".join(f"{name} {number}" for name, number in (libraries | peers).items())
    return [*lines, "", f"Versions: {versions}." if versions else "Versions: not measured."]


TABLES: Final[dict[str, Callable[[Found], list[str]]]] = {
    "goals": goals,
    "race": race,
    "alarms": alarms,
    "stages": stages,
    "scale": scale,
    "replays": replays,
    "machine": machine,
}
