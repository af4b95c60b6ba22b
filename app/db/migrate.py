"""Changing the schema, by Alembic from code; `migrations/` is the one truth."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Connection

from app.db import revisions
from app.db.database import Database
from app.db.models import Base

FULLTEXT = ("spoken_index", "ix_event_trigrams")  # with which the names of what `fulltext` uses begin


def config(url: URL | None = None) -> Config:
    """Return Alembic's configuration for these migrations."""
    settings = Config()
    settings.set_main_option("script_location", str(revisions.scripts_folder()).replace("%", "%%"))
    settings.attributes["url"] = url
    return settings


def differences(connection: Connection) -> list[str]:
    """Return where the schema is not what the models say, a sentence each."""
    options = {"compare_type": True, "include_name": _is_modelled}
    context = MigrationContext.configure(connection, opts=options)
    return [f"The schema differs: {found}." for found in compare_metadata(context, Base.metadata)]


def _is_modelled(name: str | None, what: str, parents: object) -> bool:
    """Whether the models know of it; the index of what was said is made by the migrations alone."""
    return not (name or "").startswith(FULLTEXT)


def upgrade(database: Database) -> None:
    """Run the migrations up to the newest revision, one program at a time."""
    settings = config(database.url)
    with database.locked() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
