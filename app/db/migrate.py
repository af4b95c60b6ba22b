"""The schema, created and upgraded by Alembic from code; `migrations/` is the one truth."""

from contextlib import closing
from enum import Enum, auto
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError

from app.db.database import Database
from app.db.models import Base
from app.errors import DatabaseRefused

OUR_TABLES = {"event", "room", "account"}
FULLTEXT = ("spoken_index", "ix_event_trigrams")  # with which the names of what `fulltext` uses begin


class State(Enum):
    """What is found where the database should be."""

    MISSING = auto()
    CURRENT = auto()
    OLDER = auto()
    NEWER = auto()
    LEGACY = auto()
    FOREIGN = auto()


def scripts_folder() -> Path:
    """Return the folder of migrations: inside an installed package, beside it in a checkout."""
    package = Path(str(files("app")))
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def config(url: URL | None = None) -> Config:
    """Return Alembic's configuration for these migrations."""
    settings = Config()
    settings.set_main_option("script_location", str(scripts_folder()).replace("%", "%%"))
    settings.attributes["url"] = url
    return settings


def head() -> str:
    """Return the newest revision this program knows."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


def inspect_database(database: Database) -> tuple[State, str | None]:
    """Say what is there and at which revision, without changing a byte of it."""
    if not database.dialect.exists(database.url):
        return State.MISSING, None
    engine = database.dialect.inspector(database.url)
    try:
        return _look(engine)
    except DBAPIError as error:
        raise DatabaseRefused(
            f"{database} cannot be read ({error.orig}); nothing was changed. "
            "Restore a copy of it, or name another with -d."
        ) from error
    finally:
        engine.dispose()


def _look(engine: Engine) -> tuple[State, str | None]:
    with closing(engine.connect()) as connection:
        tables = set(inspect(connection).get_table_names())
        if not tables:
            return State.MISSING, None
        if tables & {"User", "user"} and "message" in tables:
            return State.LEGACY, None
        is_bare = tables == {"alembic_version"}  # as `alembic downgrade base` leaves it
        if not tables >= OUR_TABLES and not is_bare:
            return State.FOREIGN, None
        revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        return State.MISSING if is_bare else State.FOREIGN, None
    if revision == head():
        return State.CURRENT, revision
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    return (State.OLDER if revision in known else State.NEWER), revision


def refuse_unless_ours(database: Database) -> tuple[State, str | None]:
    """Return what `inspect_database` found when it is missing or ours, of this version or older.

    Raises: DatabaseRefused with what to do otherwise.
    """
    state, revision = inspect_database(database)
    if state is State.LEGACY:
        raise DatabaseRefused(
            f"{database} belongs to the chat program this one replaces; nothing was changed. Name a "
            f"new file with -d and bring it over with: chat-admin -d NEW.db import-legacy {database}"
        )
    if state is State.FOREIGN:
        raise DatabaseRefused(
            f"{database} is a database of another program; nothing was changed. Name another file with -d."
        )
    if state is State.NEWER:
        raise DatabaseRefused(
            f"{database} was written by a newer version (schema {revision}); nothing was changed. "
            "Install that version, or name another file with -d."
        )
    return state, revision


def prepare(database: Database) -> Path | None:
    """Make the database ready: create it when missing, upgrade it when older.

    Returns the copy that was set aside before an upgrade, if there is one.
    Raises: DatabaseRefused when it is not ours or newer; nothing was changed then.
    """
    state, revision = refuse_unless_ours(database)
    copy = None
    if state is State.OLDER:
        copy = database.dialect.back_up(database.url, revision or "")
    if state is State.MISSING:
        database.dialect.make_place(database.url)
    if state is not State.CURRENT:
        upgrade(database)
    return copy


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
