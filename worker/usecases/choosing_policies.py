"""The page of policies: what is in force and where each figure comes from; what somebody filled in (R29)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from schedules.policies import PolicyError, figure_from, on_top, range_of, written
from schedules.rhythm import DEFAULT
from worker.presets import presets, rhythm_of
from worker.storage import orders, policies
from worker.storage.rows import SellerRow

GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "Bursts and gaps": {
        "settle": "A burst ends this long after its last change",
        "settle_at_most": "At most this long after its first",
        "ends_before_closing": "A burst ends this long before sending hours do",
        "decisive_gap": "Decisive news keeps this gap after an order's last update",
        "notable_gap": "Notable news keeps this gap after a contact's last update",
        "goes_along_within": "What is due within this time goes along",
        "updates_per_week": "Updates in 7 days about one order, at most",
        "quiet_business_days_before_checkpoint": "Business days before a checkpoint that are quiet",
    },
    "Hours": {
        "sending_opens": "Mails to buyers leave from",
        "sending_closes": "Mails to buyers leave until",
        "day_means": "A promised day means",
        "owner_opens": "Mails to owners leave from",
        "owner_closes": "Mails to owners leave until",
    },
    "Checkpoints": {
        "first_notice_within": "First notice within, in business hours",
        "cadence_business_days": "Next checkpoint, if nobody sets one, in business days",
        "far_from_business_days": "A confirmed date counts as far away from this many business days",
        "cadence_at_most_business_days": "Longest time between checkpoints, in business days",
        "doubled_after_quiet_updates": "Doubled after this many updates without news",
        "holding_business_days": "Next review after a holding note, in business days",
        "shipping_step_business_days": "Shipping step after clearing, in business days",
        "moment_grace": "A promised moment is kept until this long after it",
        "silence_cancels_after_days": "Silence consents to a first delay of this many days (0: it always waits)",
    },
    "Owners": {
        "reminded_business_days_before": "Reminded this many business days before a checkpoint",
        "warned_before": "Warned this long before it, in business hours",
        "handed_over_after_holding_notes": "Handed over after this many holding notes in a row",
        "owner_mail_gap": "One list of a kind every",
        "waiting_events_told_after": "Told of an event that waits after",
    },
    "Far too much mail": {
        "times_the_busiest_hour": "Stops at this many times the busiest hour of 28 days",
        "mails_per_hour_at_first": "With under 7 days of history: at this many mails an hour",
        "mails_per_hour_at_least": "Never below this many mails an hour",
    },
}
"""Every figure once, in words for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of a policy: its value, where that comes from, and what is allowed."""

    name: str
    label: str
    value: Any
    source: str
    """`the default`, `the preset NAME`, or `set here`."""
    own: Any
    """What was set for this seller; None if nothing was."""
    usual: Any
    """What the preset says."""
    least: Any
    most: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPage:
    """A seller's policy as it is in force."""

    seller: str
    preset: str
    named_by: str
    """What chose the preset: a person, the seller's configuration, or nobody."""
    version: int
    figures: Mapping[str, tuple[Figure, ...]]
    own: Mapping[str, Any]
    presets: tuple[str, ...]
    versions: tuple[Any, ...]

    @property
    def chosen_at(self) -> datetime | None:
        """Give when the policy was chosen by a person."""
        return self.versions[0].at if self.versions and self.version else None


def in_force(connection: Connection, seller: str) -> PolicyPage | None:
    """Give what is in force for a seller, with what was chosen before; None if nobody knows him."""
    known = orders.sellers(connection, [seller]).get(seller)
    return None if known is None else _page(known, policies.versions(connection, seller))


def all_in_force(connection: Connection, sellers: Sequence[str]) -> list[PolicyPage]:
    """Give what is in force for each of these sellers, in two reads."""
    known, latest = orders.sellers(connection, sellers), policies.latest(connection, sellers)
    return [_page(known[slug], [latest[slug]] if slug in latest else []) for slug in sellers if slug in known]


def _page(known: SellerRow, versions: Sequence[Any]) -> PolicyPage:
    profile = known.profile
    named = str(profile.get("policy") or DEFAULT.name)
    preset = named if named in presets() else DEFAULT.name
    own = dict(profile.get("figures") or {})
    version = int(profile.get("policy_version") or 0)
    by = next((row.by for row in versions if row.version == version), "")
    said = f"chosen by {by}" if version else "named in the seller's configuration" if profile.get("policy") else ""
    return PolicyPage(
        seller=known.slug,
        preset=preset,
        named_by=said or "nobody has chosen another",
        version=version,
        figures=_figures(preset, own, written(rhythm_of(profile))),
        own=own,
        presets=tuple(presets()),
        versions=tuple(versions),
    )


def _figures(preset: str, own: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, tuple[Figure, ...]]:
    usual, default = written(presets()[preset]), written(DEFAULT)
    found = {}
    for title, names in GROUPS.items():
        rows = []
        for name, label in names.items():
            least, most = range_of(name)
            of_preset = "the default" if usual[name] == default[name] else f"the preset {preset}"
            rows.append(
                Figure(
                    name=name,
                    label=label,
                    value=values[name],
                    source="set here" if name in own else of_preset,
                    own=own.get(name),
                    usual=usual[name],
                    least=least,
                    most=most,
                )
            )
        found[title] = tuple(rows)
    return found


@dataclass(slots=True)
class Filled:
    """What somebody filled in: a preset, his figures, and faults by field."""

    preset: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def profile(self) -> dict[str, Any]:
        """Give what a seller's profile would say."""
        return {"policy": self.preset, "figures": self.figures, "policy_version": 0}


def filled(form: Mapping[str, str]) -> Filled:
    """Read a form; every fault names its field, what was found and what is allowed."""
    found = Filled(preset=form.get("preset", "").strip())
    if found.preset not in presets():
        found.faults["preset"] = f"found {found.preset[:40] or 'nothing'}; allowed: {', '.join(presets())}"
        return found
    for names in GROUPS.values():
        for name in names:
            if text := form.get(f"figure_{name}", "").strip():
                found.figures[name] = figure_from(name, text[:40])
    try:
        on_top(found.preset, presets()[found.preset], found.figures)
    except PolicyError as fault:
        for one in fault.faults:
            found.faults.setdefault(one.field, f"found {one.found}; allowed: {one.allowed}")
    return found
