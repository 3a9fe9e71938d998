"""The commands as the help lists them, and where each is found: a call imports what its own command needs."""

from typing import Final, NamedTuple


class Place(NamedTuple):
    """Where a command, or a group of them, is found in this package, and its line of the help."""

    module: str
    name: str
    says: str


PANELS: Final = {
    "Orders and promises": {
        "due": Place("orders", "due", "Show the next checkpoints and other wake-ups, soonest first."),
        "explain": Place(
            "orders",
            "explain",
            "Say what is true of an order, what was told, what comes next, and why each mail went out or did not.",
        ),
        "preview": Place(
            "orders", "preview", "Show the update that would go out next, and its checklist; sends nothing."
        ),
        "promises": Place("orders", "promises", "Show how promises ended: kept (by what), early, moved, missed."),
        "review": Place(
            "reviews",
            "review",
            "Show backorders by cause, week and item, repeated surprises, promises kept, and proposals.",
        ),
        "proposals": Place("reviews", "proposals_app", "Proposals of the planning review: look, accept, dismiss."),
    },
    "What comes in and goes out": {
        "record": Place("events", "record", "Record events: prints counts, and each refusal with its line and reason."),
        "events": Place("events", "events", "Show what came in, with verdicts; what waits, and why."),
        "import": Place(
            "loads",
            "import_orders",
            "Load open orders: shows what would happen and every doubtful row; writes only with --apply.",
        ),
        "export": Place("loads", "export", "Write the open lines as the CSV file that `import` reads."),
        "sources": Place("sources", "app", "Polled sources: how they stand, and what to do about a doubtful read."),
        "phrases": Place("phrases", "app", "The approved public phrases."),
        "replay": Place(
            "replay",
            "replay",
            "Run events through the whole product on a virtual clock; write mails, journal, promises, summary.",
        ),
    },
    "Running it": {
        "demo": Place(
            "demo", "demo", "Run two sellers and 60 orders through 30 days, then let real workers take over."
        ),
        "up": Place(
            "operate", "up", "Run worker, beat and web, and whatever servers the settings do not name, until Ctrl-C."
        ),
        "migrate": Place("operate", "migrate", "Bring the database's tables to this version."),
        "web": Place("web", "web", "Serve pages and events over HTTP until Ctrl-C."),
        "user": Place("web", "user_app", "Users of the console."),
        "key": Place("web", "key_app", "Keys of sources that push events over HTTP."),
        "webhook": Place("web", "webhook_app", "Addresses that hear of buyers' decisions."),
    },
    "On call": {
        "doctor": Place(
            "operate",
            "doctor",
            "Check settings, database, broker, mail, clock, beat's last tick and the oldest overdue wake-up.",
        ),
        "unpark": Place(
            "letting_go",
            "unpark",
            "Let what is parked go on: correspondences, mails, and events of items.",
        ),
        "release": Place("letting_go", "release", "Let the mails of a stopped seller go (R49)."),
        "bounces": Place("letting_go", "bounces", "Show what came back: verdict, what it rests on, and what was done."),
    },
}
COMMANDS: Final = {name: place for commands in PANELS.values() for name, place in commands.items()}
