"""`backorder`: the commands by their files; faults of use end with 2, findings with 1."""

import sys

import typer

from worker.cli import demo, events, letting_go, loads, operate, orders, phrases, replay, reviews, sources, web
from worker.cli.answer import complain
from worker.garbage import collect_rarely
from worker.settings import SettingsError

app = typer.Typer(
    help="Backorder updates: tells buyers what they must hear, when it was promised, and no more often than needed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(events.record)
app.command()(events.events)
app.command("import")(loads.import_orders)
app.command()(loads.export)
app.command()(orders.due)
app.command()(orders.explain)
app.command()(orders.preview)
app.command()(orders.promises)
app.command()(reviews.review)
app.command()(operate.up)
app.command()(demo.demo)
app.command()(operate.migrate)
app.command()(operate.doctor)
app.command()(replay.replay)
app.command()(web.web)
app.command()(letting_go.unpark)
app.command()(letting_go.release)
app.command()(letting_go.bounces)
app.add_typer(phrases.app, name="phrases")
app.add_typer(sources.app, name="sources")
app.add_typer(reviews.proposals_app, name="proposals")
app.add_typer(web.user_app, name="user")
app.add_typer(web.key_app, name="key")
app.add_typer(web.webhook_app, name="webhook")


def main() -> None:
    """Run the command line."""
    collect_rarely()
    try:
        app()
    except SettingsError as fault:
        complain(str(fault))
        sys.exit(2)


if __name__ == "__main__":
    main()
