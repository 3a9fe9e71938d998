"""`unpark`, `release`, `bounces`: let go on what was set aside or stopped; see what came back."""

from typing import Annotated, Any

import typer
from sqlalchemy import select, text

from worker.cli.answer import FINDING, as_json, complain, console, opened, table
from worker.storage import mails, skus
from worker.storage.schema_mail import bounce
from worker.usecases import breaker, parking

PARKED = text("select id from correspondence where parked is not null order by id")
SELLER = text("select id from seller where slug = :slug")


def unpark() -> None:
    """Let what is parked go on: correspondences, mails, and events of items."""
    with opened() as house, house.engine.begin() as connection:
        now = house.parts.clock(connection)
        planned = parking.unpark(connection, list(connection.execute(PARKED).scalars()), now)
        sent = mails.unpark(connection, now)
        items = skus.unpark(connection)
    console.print(f"{planned} correspondences, {sent} mails and {items} events of items go on")


def release(seller: Annotated[str, typer.Argument(help="the seller whose mail was stopped")]) -> None:
    """Let the mails of a stopped seller go (R49)."""
    with opened() as house, house.engine.begin() as connection:
        found = connection.execute(SELLER, {"slug": seller}).scalar_one_or_none()
        freed = found is not None and breaker.release(connection, found, house.parts.clock(connection))
    if not freed:
        complain(f"{seller}: found no seller of this name whose mail was stopped")
        raise typer.Exit(FINDING)
    console.print(f"the mails of {seller} go on")


def bounces(
    last: Annotated[int, typer.Option(help="show so many")] = 50,
    json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Show what came back: verdict, what it rests on, and what was done."""
    wanted = select(bounce).order_by(bounce.c.id.desc()).limit(last)
    with opened() as house, house.engine.connect() as connection:
        rows: list[dict[str, Any]] = [
            {"at": row.seen_at, "way": row.way, "verdict": row.verdict, "status": row.status, "why": row.why}
            | {"effect": row.effect, "mail": row.mail_id}
            for row in connection.execute(wanted)
        ]
    if json:
        as_json(rows)
    else:
        columns = {"at": "at", "verdict": "verdict", "status": "status", "why": "why", "effect": "effect"}
        table(rows, columns, "nothing has come back")
