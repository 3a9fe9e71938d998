"""`web`, `user`, `key`, `webhook`: pages and events over HTTP, who may log in, who may push, who is called."""

import secrets
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from worker.cli.answer import as_json, console, opened, table, wrong_use
from worker.local.supervisor import die_with_parent
from worker.logs import set_up_logging
from worker.settings import load_settings
from worker.storage import orders, people, webhooks
from worker.storage import source_keys as stored_keys
from worker.storage.migrate import migrate, newest, present
from worker.usecases import accounts, source_keys
from worker.wiring import House, house

user_app = typer.Typer(help="Users of the console.", no_args_is_help=True)
webhook_app = typer.Typer(help="Addresses that hear of buyers' decisions.", no_args_is_help=True)
key_app = typer.Typer(help="Keys of sources that push events over HTTP.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]
A_DAY = timedelta(days=1)


def web(
    host: Annotated[str, typer.Option(help="the address to listen at")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="the port; that of BACKORDER_PUBLIC_URL, if left out")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="how many share the port")] = 1,
    shared: Annotated[bool, typer.Option(hidden=True, help="one of several")] = False,
    mailbox: Annotated[Path | None, typer.Option(help="a folder of caught mails to show at /mailbox")] = None,
) -> None:
    """Serve pages and events over HTTP until Ctrl-C."""
    from worker.web.serve import CONNECTIONS, listening, room_of, serve  # noqa: PLC0415 - slow to import

    settings = load_settings()
    set_up_logging(settings.log)
    at = port if port is not None else _port_of(settings.public_url)
    try:
        listener = listening(host, at, shared=shared or processes > 1)
    except OSError as fault:
        wrong_use(f"--port: found {at}, which cannot be had ({fault.strerror}); allowed: a free port")
    others = [_another(host, at, mailbox) for _ in range(processes - 1)]
    try:
        with house(settings, pool_size=CONNECTIONS) as home:
            if present(home.engine) != newest():
                if settings.database_url is not None:
                    wrong_use("the database has not the tables of this version; run `backorder migrate` first")
                migrate(home.engine)
            if not shared:
                _say(host, at)
            serve(room_of(home, mailbox), listener)
    finally:
        for other in others:
            other.terminate()
            other.wait()


def _say(host: str, port: int) -> None:
    name = f"[{host}]" if ":" in host else host
    console.print(f"serving at http://{name}:{port}/", markup=False, highlight=False)


def _another(host: str, port: int, mailbox: Path | None) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "worker.cli.main", "web", "--host", host, "--port", str(port), "--shared"]
    command += ["--mailbox", str(mailbox)] if mailbox else []
    return subprocess.Popen(command, preexec_fn=die_with_parent)  # noqa: PLW1509, S603 - ours, before any thread


def _port_of(public_url: str) -> int:
    parts = urlsplit(public_url)
    return parts.port or (8000 if parts.hostname in {"127.0.0.1", "localhost"} else 8080)


@user_app.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="the name to log in with, such as an email address")],
    role: Annotated[str, typer.Option(help="viewer, or operator (who may act)")] = "viewer",
    seller: Annotated[list[str] | None, typer.Option(help="only this seller; may be given several times")] = None,
    password_from: Annotated[str, typer.Option(help="- reads the password from standard input")] = "",
) -> None:
    """Add a user, or give a known one a new password, role and sellers."""
    if role not in {"viewer", "operator"}:
        wrong_use(f"--role: found {role}; allowed: viewer, operator")
    if password_from not in {"", "-"}:
        wrong_use(f"--password-from: found {password_from}; allowed: - (standard input), or leave it out to be asked")
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_from
        else typer.prompt("password", hide_input=True, confirmation_prompt=True)
    )
    with opened() as home, home.engine.begin() as connection:
        now = home.parts.clock(connection)
        try:
            accounts.add_user(connection, name, password, role, tuple(seller) if seller else None, now)
        except accounts.AccountError as fault:
            wrong_use(str(fault))
    console.print(f"{name} may log in as {role}", markup=False)


@user_app.command("remove")
def remove_user(name: Annotated[str, typer.Argument(help="who may not log in any more")]) -> None:
    """Take a user's access away; open sessions end at once."""
    with opened() as home, home.engine.begin() as connection:
        if not accounts.remove_user(connection, name, home.parts.clock(connection)):
            wrong_use(f"NAME: found {name}, whom nobody knows; allowed: a name of `backorder user list`")
    console.print(f"{name} may not log in any more", markup=False)


@user_app.command("list")
def list_users(json: AsJson = False) -> None:
    """Show who may log in."""
    with opened() as home, home.engine.connect() as connection:
        rows = people.users(connection)
    _shown(rows, {"name": "name", "role": "role", "sellers": "sellers", "active": "active"}, "no users yet", json=json)


@key_app.command("add")
def add_key(
    source: Annotated[str, typer.Argument(help="the `source` of the events that the key may push")],
    kind: Annotated[str, typer.Option(help="bearer, or webhook (Standard Webhooks signatures)")] = "bearer",
    seller: Annotated[str | None, typer.Option(help="only events of this seller")] = None,
) -> None:
    """Make a key and print it, once."""
    if kind not in {"bearer", "webhook"}:
        wrong_use(f"--kind: found {kind}; allowed: bearer, webhook")
    with opened() as home, home.engine.begin() as connection:
        now = home.parts.clock(connection)
        if kind == "bearer":
            number, secret = source_keys.add_bearer(connection, source, seller, now)
        else:
            key = home.settings.secret_key
            number, secret = source_keys.add_webhook(connection, source, seller, key, now)
    typer.echo(f"key {number} of {source}, shown only now:", err=True)
    typer.echo(secret)


@key_app.command("end")
def end_key(
    number: Annotated[int, typer.Argument(help="the key's number")],
    in_days: Annotated[float, typer.Option("--in-days", min=0, help="let it work that long beside its successor")] = 0,
) -> None:
    """End a key, at once or after some days (rotation)."""
    with opened() as home, home.engine.begin() as connection:
        now: datetime = home.parts.clock(connection)
        if not source_keys.end_key(connection, number, now + in_days * A_DAY, now):
            wrong_use(f"NUMBER: found {number}; allowed: a living key of `backorder key list`")
    console.print(f"key {number} ends", markup=False)


@key_app.command("list")
def list_keys(json: AsJson = False) -> None:
    """Show the keys, without their secrets."""
    with opened() as home, home.engine.connect() as connection:
        rows = stored_keys.every(connection)
    names = {name: name.replace("_at", "") for name in ("id", "source", "seller", "kind", "made_at", "ends_at")}
    _shown(rows, names, "no keys yet", json=json)


@webhook_app.command("add")
def add_webhook(
    seller: Annotated[str, typer.Argument(help="whose buyers' decisions are announced")],
    url: Annotated[str, typer.Argument(help="where to, https://...")],
) -> None:
    """Announce a seller's decisions to an address; print the secret its signatures are made with."""
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        wrong_use(f"URL: found {url[:80]}; allowed: https://host/path")
    with opened() as home, home.engine.begin() as connection:
        now = home.parts.clock(connection)
        known = orders.sellers(connection, [seller]).get(seller)
        if known is None:
            wrong_use(f"SELLER: found {seller}, who is not configured; allowed: a known seller's short name")
        number = webhooks.add_target(connection, known.id, url, now)
        people.note_act(connection, {"at": now, "who": "command line", "what": "webhook.added", "seller": seller})
    typer.echo(f"target {number}; signatures are made with:", err=True)
    typer.echo(source_keys.webhook_secret(home.settings.secret_key, number, "out"))


@webhook_app.command("remove")
def remove_webhook(number: Annotated[int, typer.Argument(help="the target's number")]) -> None:
    """Stop calling a target."""
    with opened() as home, home.engine.begin() as connection:
        if not webhooks.remove_target(connection, number):
            wrong_use(f"NUMBER: found {number}; allowed: a living target of `backorder webhook list`")
    console.print(f"target {number} is called no more", markup=False)


@webhook_app.command("list")
def list_webhooks(json: AsJson = False) -> None:
    """Show targets, and how many calls were heard, wait, or failed."""
    with opened() as home, home.engine.connect() as connection:
        rows = webhooks.targets(connection)
    names = ("id", "seller", "url", "active", "sent", "pending", "failed")
    _shown(rows, {name: name for name in names}, "no targets yet", json=json)


def _shown(rows: list[dict[str, Any]], columns: dict[str, str], empty: str, *, json: bool) -> None:
    if json:
        as_json(rows)
    else:
        table(rows, columns, empty)


def add_demo_user(home: House) -> str:
    """Let `demo` log in; give the password of this run."""
    password = secrets.token_urlsafe(12)
    with home.engine.begin() as connection:
        accounts.add_user(connection, "demo", password, "operator", None, home.parts.clock(connection))
    return password
