"""`due`, `explain`, `preview`, `promises`: what will happen, what happened, and why."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from worker.cli.answer import FINDING, as_json, complain, opened, shown, table, wrong_use
from worker.cli.telling import COMING, tell
from worker.intake.fields import RefusedError, moment
from worker.storage import reports
from worker.updates.sentences import owner_told
from worker.usecases import explain as explaining
from worker.usecases import preview as previewing
from worker.usecases.coming_up import coming_up

AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]
OrderArgument = Annotated[str, typer.Argument(help="the order's number")]
SellerOption = Annotated[str | None, typer.Option(help="the seller, if several know the number")]


class Form(StrEnum):
    """How a preview is shown."""

    TEXT = "text"
    HTML = "html"
    EML = "eml"


class By(StrEnum):
    """How promises are counted."""

    SELLER = "seller"
    OWNER = "owner"
    BUYER = "buyer"
    SKU = "sku"
    CAUSE = "cause"


def due(
    within: Annotated[str, typer.Option(help="how far to look: 90m, 24h, 7d")] = "24h",
    most: Annotated[int, typer.Option(help="how many, soonest first")] = 50,
    json: AsJson = False,
) -> None:
    """Show the next checkpoints and other wake-ups, soonest first."""
    with opened() as house, house.engine.connect() as connection:
        now = house.parts.clock(connection)
        rows = coming_up(connection, house.parts, now + _span(within), most)
    if json:
        as_json(rows)
        return
    columns = {"at": "at", "orders": "orders", "seller": "seller", "said": "what happens if nothing changes"}
    said = [{**row, "said": _said(row)} for row in rows]
    table(said, columns | {"rule": "rule", "checkpoint": "promised"}, f"nothing falls due within {within}")


def _said(row: dict[str, Any]) -> str:
    about = f": {owner_told(row['code'], ())}" if row["code"] else ""
    return f"{COMING[row['what']]}{about}" if row["what"] else "lists to the seller's people"


def explain(order: OrderArgument, seller: SellerOption = None, json: AsJson = False) -> None:
    """Say what is true of an order, what was told, what comes next, and why each mail went out or did not."""
    with opened() as house, house.engine.connect() as connection:
        found = explaining.explain(connection, house.parts, order, seller)
    if not found:
        complain(f"order {order}: found nobody who knows it; `backorder events` shows what came in")
        raise typer.Exit(FINDING)
    if json:
        as_json(found)
        return
    for one in found:
        tell(one)


def preview(
    order: OrderArgument,
    seller: SellerOption = None,
    form: Annotated[Form, typer.Option("--as", help="how to show it")] = Form.TEXT,
    at: Annotated[str | None, typer.Option(help="as if at this moment (RFC 3339)")] = None,
    json: AsJson = False,
) -> None:
    """Show the update that would go out next, and its checklist; sends nothing."""
    moment_asked = _moment(at) if at else None
    with opened() as house, house.engine.connect() as connection:
        found = previewing.preview(connection, house.parts, order, seller, moment_asked)
    if not found:
        complain(f"order {order}: nothing would go out")
        raise typer.Exit(FINDING)
    for one in found:
        verdicts = {
            check.element: "ok" if check.passed else f"missing: {', '.join(check.missing)}" for check in one.checklist
        }
        if json:
            as_json(
                {"at": one.at, "subject": one.subject, "text": one.text, "checklist": verdicts, "missing": one.missing}
            )
        elif form is Form.HTML:
            typer.echo(one.html)
        elif form is Form.EML:
            typer.echo(one.eml.decode("utf-8", "replace"))
        else:
            typer.echo(f"At: {shown(one.at)}\nSubject: {one.subject}\n\n{one.text}")
            typer.echo("Checklist: " + ", ".join(f"{name} {verdict}" for name, verdict in verdicts.items()))
            for lack in one.missing:
                typer.echo(f"Waits for: {lack}")


def promises(
    by: Annotated[By, typer.Option(help="count by")] = By.SELLER,
    json: AsJson = False,
) -> None:
    """Show how promises ended: kept (by what), early, moved, missed."""
    with opened() as house, house.engine.connect() as connection:
        rows = reports.ledger(connection, by)
    if json:
        as_json(rows)
        return
    names = ("promises", "open", "kept", "by_news", "by_review", "by_holding_note", "early", "moved", "missed")
    table(rows, {"name": by.value} | {name: name.replace("_", " ") for name in names}, "no promises yet")


def _span(text: str) -> timedelta:
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if len(text) < 2 or text[-1] not in units or not text[:-1].isdigit():  # noqa: PLR2004 - a figure and a letter
        wrong_use(f"--within: found {text}; allowed: a number with m, h or d, such as 24h")
    return timedelta(**{units[text[-1]]: int(text[:-1])})


def _moment(text: str) -> datetime:
    try:
        return moment(text).astimezone(UTC)
    except RefusedError as refused:
        wrong_use(f"--at: found {text}; allowed: {refused.allowed}")


__all__ = ["due", "explain", "preview", "promises"]
