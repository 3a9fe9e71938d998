"""The schema: brought to the newest version by alembic, and asked which one it has."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

SCRIPTS: Final = Path(__file__).parent / "migrations"
LOCK: Final = 4_242_420_001


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config


def migrate(engine: Engine) -> str:
    """Bring the schema to the newest version, one process at a time; give that version."""
    config = _config()
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": LOCK})
        connection.commit()
        try:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": LOCK})
            connection.commit()
    return newest()


def newest() -> str:
    """Give the version that this code wants."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def present(engine: Engine) -> str | None:
    """Give the version that the database has; None if it has none."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
