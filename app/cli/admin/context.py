"""The context of a chat-admin command: settings, database, output and actor."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property

from sqlalchemy.orm import Session

from app.cli.admin.common_options import CommonOptions
from app.cli.admin.output import Output
from app.clock import Clock
from app.db.database import Database, parse_database_url
from app.db.migration import schema
from app.errors import ChatError, NotFound
from app.services.administration.admin_changes import AdminChange, Administrator, apply_admin_change
from app.settings import SERVER, ResolvedSettings, ServerSettings, derive_prefix, load, resolve
from app.text.graphemes import truncate_characters

BUSY_TIMEOUT_MILLISECONDS = 15_000  # for a lock on the database
MAX_ACTOR_LENGTH = 128  # characters, the width of the column


class AdminContext:
    """The settings, output and database of a command."""

    def __init__(self, options: CommonOptions) -> None:
        self.as_json = options.as_json
        self.out = Output(options.as_json)
        self.clock = Clock()
        self.actor = _actor()
        self._options = options

    @cached_property
    def settings(self) -> ServerSettings:
        """The server's settings. Warnings about them are printed once."""
        loaded = load(SERVER, self._options.config, {"dbname": self._options.dbname})
        for warning in loaded.warnings:
            self.out.note(f"Warning: {warning}")
        if loaded.ignored_files:
            database = Database(parse_database_url(loaded.values.dbname))
            self.out.note(f"Warning: the database is {database}, for lack of the ignored settings.")
        return loaded.values

    @property
    def by(self) -> str:
        """The server name that is the source of server messages."""
        return derive_prefix(self.settings.servername)

    def resolve_settings(self) -> ResolvedSettings[ServerSettings]:
        """Return the server's settings with all problems found in them, and print none."""
        return resolve(SERVER, self._options.config, {"dbname": self._options.dbname})

    @contextmanager
    def open_unchecked(self) -> Iterator[Database]:
        """Open the database without checking its state."""
        with self.open_database(self.settings) as database:
            yield database

    @contextmanager
    def open_database(self, settings: ServerSettings) -> Iterator[Database]:
        """Open the database that the settings name, without checking its state."""
        with self.open_named(settings.dbname) as database:
            yield database

    def open_target(self, dbname: str | None) -> AbstractContextManager[Database]:
        """Open a file or URL, by default the configured database, without checking its state."""
        return self.open_named(self.settings.dbname if dbname is None else dbname)

    @contextmanager
    def open_named(self, dbname: str) -> Iterator[Database]:
        """Open the database with a name or URL, without checking its state."""
        database = Database(parse_database_url(dbname), BUSY_TIMEOUT_MILLISECONDS)
        try:
            with database.translated_errors():
                yield database
        finally:
            database.close()

    @contextmanager
    def database(self, create: bool = False) -> Iterator[Database]:
        """Open the database, which must exist and be current; with `create`, create it if missing.

        Raises: NotFound, DatabaseRefused, or ChatError if it needs an upgrade.
        """
        with self.open_unchecked() as database:
            if _is_missing(database):
                if not create:
                    raise NotFound(missing_database_message(database))
                schema.prepare_database(database)
                self.out.note(f"Created the database {database}.")
            yield database

    @contextmanager
    def database_if_exists(self) -> Iterator[Database | None]:
        """Open the database if it exists, otherwise yield None."""
        with self.open_unchecked() as database:
            yield None if _is_missing(database) else database

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a read-only session.

        Raises: the same as `database`.
        """
        with self.database() as database, database.reading() as session:
            yield session

    def change(self, decide: Callable[[Administrator], AdminChange], create: bool = False) -> bool:
        """Decide and record a change in one transaction; return whether anything changed."""
        with self.database(create) as database:
            return bool(self.record(database, decide).events)

    def preview(self, decide: Callable[[Administrator], AdminChange]) -> AdminChange:
        """Decide a change without recording it.

        Raises: whatever `decide` raises.
        """
        with self.reading() as session:
            return decide(Administrator(session, self.clock, self.actor, self.by))

    def record(self, database: Database, decide: Callable[[Administrator], AdminChange]) -> AdminChange:
        """Decide and record a change in one transaction, in an open database."""
        return apply_admin_change(database, self.clock, self.actor, self.by, decide)


def require_current(database: Database) -> None:
    """Check that a database exists and is current.

    Raises: NotFound, DatabaseRefused, or ChatError if it needs an upgrade.
    """
    if _is_missing(database):
        raise NotFound(missing_database_message(database))


def _is_missing(database: Database) -> bool:
    state, revision = schema.require_own_database(database)
    if state is schema.DatabaseState.OLDER:
        raise ChatError(
            f"{database} has an older schema ({revision}). Start the server once, "
            "or run `chat-admin db upgrade`."
        )
    return state is schema.DatabaseState.MISSING


def missing_database_message(database: Database) -> str:
    """Return the error message for a missing database."""
    return (
        f"The database {database} does not exist yet. Start the server once, run "
        "`chat-admin db upgrade`, or choose another database."
    )


def _actor() -> str:
    """Return the actor for the audit log, from the operating system's user name."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        login = str(os.getuid())
    return truncate_characters(f"admin:{login}", MAX_ACTOR_LENGTH)
