"""The policies that people chose for sellers, by version; the one in force stands in the seller's profile (R29)."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

IN_FORCE: Final = ("policy", "figures", "policy_version")
"""What a choice sets in a seller's profile."""
CHOICE: Final = "policy_chosen"


def keep_choice(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Let a person's choice stand in a new configuration, unless that names another preset than the one before."""
    if before.get(CHOICE) and before.get("policy_said") == after.get("policy_said"):
        after |= {name: before[name] for name in (*IN_FORCE, CHOICE) if name in before}


LOCK: Final = text("select profile from seller where id = :id for no key update")
ADD: Final = text(
    "insert into policy(seller_id, version, preset, figures, by, at, key)"
    " select :id, coalesce(max(p.version), 0) + 1, :preset, cast(:figures as jsonb), :by, :at, cast(:key as jsonb)"
    " from policy p where p.seller_id = :id returning version"
)
PUT: Final = text("update seller set profile = profile || cast(:change as jsonb) where id = :id")


def choose(connection: Connection, seller_id: int, row: dict[str, Any]) -> bool:
    """Write a choice; it is in force unless a later one is known already. Tells whether it is."""
    known = connection.execute(LOCK, {"id": seller_id}).scalar_one()
    values = row | {"id": seller_id, "figures": json.dumps(row["figures"]), "key": json.dumps(row["key"])}
    version = connection.execute(ADD, values).scalar_one()
    if known.get(CHOICE) and known[CHOICE] > row["key"]:
        return False
    change = {"policy": row["preset"], "figures": row["figures"], "policy_version": version, CHOICE: row["key"]}
    change["policy_said"] = known.get("policy_said", known.get("policy"))
    connection.execute(PUT, {"id": seller_id, "change": json.dumps(change)})
    return True


VERSIONS: Final = text(
    "select p.version, p.preset, p.figures, p.by, p.at from policy p join seller s on s.id = p.seller_id"
    " where s.slug = :seller order by p.version desc limit 20"
)


def versions(connection: Connection, seller: str) -> list[Any]:
    """Read the latest choices of a seller, the last one first."""
    return list(connection.execute(VERSIONS, {"seller": seller}))


LATEST: Final = text(
    "select distinct on (s.slug) s.slug, p.version, p.preset, p.figures, p.by, p.at from policy p"
    " join seller s on s.id = p.seller_id where s.slug = any(:sellers) order by s.slug, p.version desc"
)


def latest(connection: Connection, sellers: Sequence[str]) -> dict[str, Any]:
    """Read the latest choice of each seller that has one."""
    return {row.slug: row for row in connection.execute(LATEST, {"sellers": list(sellers)})}


NEXT: Final = text(
    "select c.id from correspondence c where c.seller_id = :seller_id and c.audience = 'buyer'"
    " and c.wake_at is not null and c.parked is null order by c.wake_at, c.id limit :most"
)


def next_to_wake(connection: Connection, seller_id: int, most: int) -> list[int]:
    """Read a seller's correspondences with buyers that come next, soonest first."""
    return list(connection.execute(NEXT, {"seller_id": seller_id, "most": most}).scalars())
