"""`review` and `proposals`: what the weeks say, and what a person decides on what speaks for a change (R42, R43)."""

from typing import Annotated, Any

import typer

from worker.cli.answer import FINDING, as_json, complain, console, opened, table, wrong_use
from worker.storage import console as asked
from worker.usecases.decide_proposals import DECISIONS, decide
from worker.usecases.planning_review import MOST_WEEKS, Review
from worker.usecases.planning_review import review as made
from worker.wiring import House

SellerOption = Annotated[str | None, typer.Option(help="only this seller")]
WeeksOption = Annotated[int, typer.Option(min=1, max=MOST_WEEKS, help="how many weeks, this one included")]
Json = Annotated[bool, typer.Option("--json", help="as JSON")]
By = Annotated[str, typer.Option(help="who decides")]
proposals_app = typer.Typer(help="Proposals of the planning review: look, accept, dismiss.")
COUNTED = {
    "backorders": "backorders",
    "open": "open",
    "units_delayed": "units delayed",
    "days_delayed": "days delayed",
}


def review(seller: SellerOption = None, weeks: WeeksOption = 8, json: Json = False) -> None:
    """Show backorders by cause, week and item, repeated surprises, promises kept, and proposals."""
    with opened() as house:
        found = _review(house, seller, weeks)
    if json:
        as_json(_plain(found))
        return
    console.print(
        f"{found.in_all.backorders} backorders since {found.since:%Y-%m-%d}, {found.in_all.open} still open,"
        f" {found.in_all.days_delayed} days delayed on average",
        markup=False,
    )
    for title, rows in (("cause", found.causes), ("week of", found.by_week)):
        table([_row(one) for one in rows], {"name": title} | COUNTED, "")
    items = [_row(one) | {"surprises": one.surprises or ""} for one in found.items]
    table(items, {"name": "item", "seller": "seller"} | COUNTED | {"surprises": "short again within 60 days"}, "")
    ended = ", ".join(f"{count} {name}" for name, count in sorted(found.promises.items()))
    console.print(f"promises that ended: {ended or 'none'}", markup=False)
    _tell(found)


def _review(house: House, seller: str | None, weeks: int) -> Review:
    with house.engine.connect() as connection:
        if seller is not None and not asked.ids_of(connection, [seller]):
            wrong_use(f"--seller: found {seller}; allowed: a configured seller")
        return made(connection, None if seller is None else [seller], weeks, house.parts.clock(connection))


def _row(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("name", "seller", *COUNTED)}


def _plain(found: Review) -> dict[str, Any]:
    names = ("weeks", "since", "made_at", "in_all", "causes", "by_week", "items", "items_in_all", "promises")
    said = {name: getattr(found, name) for name in (*names, "causes_reviewed", "proposals")}
    return said | {"decided": [_decided(row) for row in found.decided]}


def _decided(row: Any) -> dict[str, Any]:
    names = ("id", "seller", "kind", "subject", "because", "standing", "by", "at", "calls", "heard")
    return {name: getattr(row, name) for name in names}


def _tell(found: Review) -> None:
    rows = [
        {"seller": one.seller, "kind": one.kind, "subject": one.subject, "why": one.because} for one in found.proposals
    ]
    columns = {"seller": "seller", "kind": "proposal", "subject": "about", "why": "because"}
    table(rows, columns, "nothing speaks for a change now")


@proposals_app.callback(invoke_without_command=True)
def proposals(context: typer.Context, seller: SellerOption = None, weeks: WeeksOption = 8, json: Json = False) -> None:
    """Show what is proposed now, and what was decided in the last 60 days."""
    if context.invoked_subcommand is not None:
        return
    with opened() as house:
        found = _review(house, seller, weeks)
    if json:
        as_json({"proposals": found.proposals, "decided": [_decided(row) for row in found.decided]})
        return
    _tell(found)
    rows = [_decided(row) for row in found.decided]
    columns = {"at": "decided", "seller": "seller", "kind": "proposal", "subject": "about"}
    table(rows, columns | {"standing": "", "by": "by", "heard": "systems that heard"}, "nothing was decided lately")


SellerArgument = Annotated[str, typer.Argument(help="the seller's short name")]
KindArgument = Annotated[str, typer.Argument(help="listing, reorder, planning, ads or approval")]
AboutArgument = Annotated[str, typer.Argument(help="what it is about, as listed: sku/NUMBER or owner/NAME")]


@proposals_app.command()
def accept(
    seller: SellerArgument, kind: KindArgument, about: AboutArgument, by: By = "the operator", weeks: WeeksOption = 8
) -> None:
    """Accept a proposal; the seller's systems hear of it by webhook."""
    _decide(seller, kind, about, "accept", by, weeks)


@proposals_app.command()
def dismiss(
    seller: SellerArgument, kind: KindArgument, about: AboutArgument, by: By = "the operator", weeks: WeeksOption = 8
) -> None:
    """Dismiss a proposal; it is not made again for 60 days."""
    _decide(seller, kind, about, "dismiss", by, weeks)


def _decide(seller: str, kind: str, about: str, how: str, by: str, weeks: int) -> None:
    with opened() as house:
        offered = next(
            (one for one in _review(house, seller, weeks).proposals if (one.kind, one.subject) == (kind, about)), None
        )
        if offered is not None:
            with house.engine.begin() as connection:
                if decide(connection, offered, how, by, house.parts.clock(connection)):
                    console.print(f"{kind} for {about}: {DECISIONS[how]} by {by}", markup=False)
                    return
    complain(f"{kind} for {about}: found no such proposal; `backorder proposals --seller {seller}` lists them")
    raise typer.Exit(FINDING)


__all__ = ["proposals_app", "review"]
