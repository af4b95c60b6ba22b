"""Runs the migrations in `migrations/`, which define the schema, through Alembic's API."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Connection, text

from app.db.copying import copy_state
from app.db.database import Database
from app.db.migration import revisions
from app.db.models import Base
from app.db.views import find_view_differences
from app.errors import OutcomeUnknown, StorageError

REPLICATION_PREFIX = "_litestream_"  # tables that Litestream creates in every database it replicates
MAX_PAUSE_SECONDS = 60.0  # between two statements, while Alembic reads the migrations
FULLTEXT_PREFIXES = ("spoken_index", "ix_event_trigrams")  # name prefixes of the full-text index's objects


def config(url: URL | None = None) -> Config:
    """Return Alembic's configuration for these migrations."""
    settings = Config()
    settings.set_main_option("script_location", str(revisions.scripts_folder()).replace("%", "%%"))
    settings.attributes["url"] = url
    return settings


def differences(connection: Connection) -> list[str]:
    """Return a sentence for each difference between the schema and the models and views."""
    options = {"compare_type": True, "include_name": _is_modelled}
    context = MigrationContext.configure(connection, opts=options)
    found = [f"The schema differs: {found}." for found in compare_metadata(context, Base.metadata)]
    return [*found, *find_view_differences(connection)]


def _is_modelled(name: str | None, what: str, parents: object) -> bool:
    """Return whether the models define an object; for the full-text index, migrations do."""
    return not (name or "").startswith((*FULLTEXT_PREFIXES, REPLICATION_PREFIX))


def _is_newest(connection: Connection) -> bool:
    return MigrationContext.configure(connection).get_current_revision() == revisions.head()


def upgrade(database: Database) -> None:
    """Upgrade to the newest revision. The log's lock prevents concurrent migrations.

    Raises: StorageError if the connection is lost. The upgrade is one transaction, so it can then
        be repeated in any case.
    """
    settings = config(database.url)
    try:
        with database.locked(_is_newest, MAX_PAUSE_SECONDS) as connection:
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
    except OutcomeUnknown as error:
        raise StorageError(
            f"The connection to {database} was lost while its schema was upgraded. Try again: "
            "the upgrade is repeated only if it was not made."
        ) from error


def remove_schema(database: Database) -> None:
    """Remove all that the migrations, and an unfinished copy of another database, have created."""
    settings = config(database.url)
    with database.locked(max_pause_seconds=0) as connection:
        copy_state.drop(connection)
        settings.attributes["connection"] = connection
        command.downgrade(settings, "base")
        connection.execute(text("DROP TABLE alembic_version"))
