"""Identifies the database and prepares it for use.

A database is identified by its tables and its stored revision, so that Alembic is loaded only for a
migration and not at every start.
"""

from contextlib import closing
from enum import Enum, auto
from pathlib import Path

from sqlalchemy import Engine, Select, column, inspect, select, table
from sqlalchemy.exc import DBAPIError

from app.db.copying.copy_state import COPY_STATE_TABLE
from app.db.database import Database
from app.db.migration import revisions
from app.db.migration.compatibility import without_incompatible_servers
from app.errors import DatabaseRefused

OUR_TABLES = {"event", "room", "account"}
_revision: Select[str] = select(column("version_num")).select_from(table("alembic_version"))


class DatabaseState(Enum):
    """The state of the database at the configured location."""

    MISSING = auto()
    CURRENT = auto()
    OLDER = auto()
    NEWER = auto()
    LEGACY = auto()
    FOREIGN = auto()
    UNFINISHED = auto()  # a copy of another database that is not complete


def inspect_database(database: Database) -> tuple[DatabaseState, str | None]:
    """Return the state of the database and its revision, without changing it.

    Raises: DatabaseRefused when it cannot be read.
    """
    if not database.dialect.exists(database.url):
        return DatabaseState.MISSING, None
    engine = database.dialect.open_read_only(database.url)
    try:
        return _classify(engine)
    except DBAPIError as error:
        raise DatabaseRefused(
            f"{database} cannot be read ({error.orig}); nothing was changed. "
            "Restore a backup, or name another file."
        ) from error
    finally:
        engine.dispose()


def _classify(engine: Engine) -> tuple[DatabaseState, str | None]:
    with closing(engine.connect()) as connection:
        tables = set(inspect(connection).get_table_names())
        if not tables:
            return DatabaseState.MISSING, None
        if tables & {"User", "user"} and "message" in tables:
            return DatabaseState.LEGACY, None
        is_bare = tables == {"alembic_version"}  # the result of `alembic downgrade base`
        if not tables >= OUR_TABLES and not is_bare:
            return DatabaseState.FOREIGN, None
        revision = connection.execute(_revision).scalar() if "alembic_version" in tables else None
    if COPY_STATE_TABLE in tables:
        return DatabaseState.UNFINISHED, revision
    if revision is None:
        return DatabaseState.MISSING if is_bare else DatabaseState.FOREIGN, None
    if revision == revisions.head():
        return DatabaseState.CURRENT, revision
    return (DatabaseState.OLDER if revision in revisions.known() else DatabaseState.NEWER), revision


def require_own_database(database: Database) -> tuple[DatabaseState, str | None]:
    """Return the state and the revision of a database that is missing, current or older.

    Raises: DatabaseRefused when it belongs to another program or a newer version.
    """
    state, revision = inspect_database(database)
    if state is DatabaseState.LEGACY:
        raise DatabaseRefused(
            f"{database} belongs to the chat program that this one replaces; nothing was changed. "
            f"Import it into a new file with: chat-admin -d NEW.db import-legacy {database}"
        )
    if state is DatabaseState.FOREIGN:
        raise DatabaseRefused(
            f"{database} belongs to another program; nothing was changed. Name another file."
        )
    if state is DatabaseState.UNFINISHED:
        raise DatabaseRefused(
            f"{database} is an unfinished copy of another database; nothing was changed. Finish it with: "
            f"chat-admin db copy SOURCE {database}"
        )
    if state is DatabaseState.NEWER:
        raise DatabaseRefused(
            f"{database} was written by a newer version (schema {revision}); nothing was changed. "
            "Install that version, or name another file."
        )
    return state, revision


def prepare_database(database: Database) -> Path | None:
    """Create the database if it is missing, or back it up and upgrade it if it is older.

    Return the path of the backup made before an upgrade, or None.

    Raises: DatabaseRefused when it belongs to another program or a newer version, or when servers
        are running that do not work with the new schema.
    """
    state, revision = require_own_database(database)
    if state is DatabaseState.OLDER:
        with without_incompatible_servers(database, revision or ""):
            backup = database.dialect.back_up(database.url, revision or "")
            _upgrade(database)
        return backup
    if state is DatabaseState.MISSING:
        database.dialect.create_file(database.url)
        _upgrade(database)
    return None


def _upgrade(database: Database) -> None:
    from app.db.migration.migrate import upgrade  # deferred: loading Alembic takes 100 ms

    upgrade(database)
