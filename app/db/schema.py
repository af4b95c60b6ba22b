"""What is found where the database should be, and making it ready.

What a database is follows from its tables and from the revision it says it has. So Alembic is loaded only when there
is something to migrate, which is seldom, and not at every start.
"""

from contextlib import closing
from enum import Enum, auto
from pathlib import Path

from sqlalchemy import Engine, Select, column, inspect, select, table
from sqlalchemy.exc import DBAPIError

from app.db import revisions
from app.db.database import Database
from app.errors import DatabaseRefused

OUR_TABLES = {"event", "room", "account"}
_revision: Select[str] = select(column("version_num")).select_from(table("alembic_version"))


class DatabaseState(Enum):
    """What is found where the database should be."""

    MISSING = auto()
    CURRENT = auto()
    OLDER = auto()
    NEWER = auto()
    LEGACY = auto()
    FOREIGN = auto()


def inspect_database(database: Database) -> tuple[DatabaseState, str | None]:
    """Say what is there and at which revision, without changing a byte of it."""
    if not database.dialect.exists(database.url):
        return DatabaseState.MISSING, None
    engine = database.dialect.open_read_only(database.url)
    try:
        return _classify(engine)
    except DBAPIError as error:
        raise DatabaseRefused(
            f"{database} cannot be read ({error.orig}); nothing was changed. "
            "Restore a copy of it, or name another with -d."
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
        is_bare = tables == {"alembic_version"}  # as `alembic downgrade base` leaves it
        if not tables >= OUR_TABLES and not is_bare:
            return DatabaseState.FOREIGN, None
        revision = connection.execute(_revision).scalar() if "alembic_version" in tables else None
    if revision is None:
        return DatabaseState.MISSING if is_bare else DatabaseState.FOREIGN, None
    if revision == revisions.head():
        return DatabaseState.CURRENT, revision
    return (DatabaseState.OLDER if revision in revisions.known() else DatabaseState.NEWER), revision


def require_own_database(database: Database) -> tuple[DatabaseState, str | None]:
    """Return what `inspect_database` found when it is missing or ours, of this version or older.

    Raises: DatabaseRefused with what to do otherwise.
    """
    state, revision = inspect_database(database)
    if state is DatabaseState.LEGACY:
        raise DatabaseRefused(
            f"{database} belongs to the chat program this one replaces; nothing was changed. Name a "
            f"new file with -d and bring it over with: chat-admin -d NEW.db import-legacy {database}"
        )
    if state is DatabaseState.FOREIGN:
        raise DatabaseRefused(
            f"{database} is a database of another program; nothing was changed. Name another file with -d."
        )
    if state is DatabaseState.NEWER:
        raise DatabaseRefused(
            f"{database} was written by a newer version (schema {revision}); nothing was changed. "
            "Install that version, or name another file with -d."
        )
    return state, revision


def prepare_database(database: Database) -> Path | None:
    """Make the database ready: create it when missing, upgrade it when older.

    Returns the copy that was set aside before an upgrade, if there is one.
    Raises: DatabaseRefused when it is not ours or newer; nothing was changed then.
    """
    state, revision = require_own_database(database)
    copy = None
    if state is DatabaseState.OLDER:
        copy = database.dialect.back_up(database.url, revision or "")
    if state is DatabaseState.MISSING:
        database.dialect.create_file(database.url)
    if state is not DatabaseState.CURRENT:
        from app.db.migrate import upgrade  # here: it takes a tenth of a second, and mostly there is no need

        upgrade(database)
    return copy
