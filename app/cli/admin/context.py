"""Where a command works: the settings, the database, the output, and in whose name it all happens."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy.orm import Session

from app.cli.admin.output import Output
from app.clock import Clock
from app.db import schema
from app.db.database import Database, parse_database_url
from app.errors import ChatError, NotFound
from app.services.admin_changes import AdminChange, Administrator, apply_admin_change
from app.settings import SERVER, ServerSettings, derive_prefix, load

BUSY_TIMEOUT_MILLISECONDS = 15_000  # milliseconds to wait for a busy server
MAX_ACTOR_LENGTH = 128  # characters, as the column


@dataclass(frozen=True, slots=True)
class Common:
    """The options that every command has."""

    dbname: str | None = None
    config: Path | None = None
    as_json: bool = False

    def overridden(self, dbname: str | None, config: Path | None, as_json: bool) -> "Common":
        """Return the options with those that were given nearer to the command."""
        return Common(dbname or self.dbname, config or self.config, as_json or self.as_json)


class AdminContext:
    """What a command has at hand. The database is opened when it is first needed."""

    def __init__(self, common: Common) -> None:
        self.as_json = common.as_json
        self.out = Output(common.as_json)
        self.clock = Clock()
        self.actor = _actor()
        self._common = common

    @cached_property
    def settings(self) -> ServerSettings:
        """The server's settings; what is wrong with them is noted once."""
        loaded = load(SERVER, self._common.config, {"dbname": self._common.dbname})
        for warning in loaded.warnings:
            self.out.note(f"Warning: {warning}")
        return loaded.values

    @property
    def by(self) -> str:
        """The name that stands before what the server itself does."""
        return derive_prefix(self.settings.servername)

    @contextmanager
    def unchecked(self) -> Iterator[Database]:
        """Hold the database, whatever it is."""
        database = Database(parse_database_url(self.settings.dbname), BUSY_TIMEOUT_MILLISECONDS)
        try:
            with database.translated_errors():
                yield database
        finally:
            database.close()

    @contextmanager
    def database(self, create: bool = False) -> Iterator[Database]:
        """Hold the database, which is ours and up to date; with `create` it is made when missing.

        Raises: NotFound, DatabaseRefused, or ChatError when it needs an upgrade.
        """
        with self.unchecked() as database:
            if self._is_missing(database):
                if not create:
                    raise NotFound(missing(database))
                schema.prepare_database(database)
                self.out.note(f"Made the database {database}.")
            yield database

    def _is_missing(self, database: Database) -> bool:
        state, revision = schema.require_own_database(database)
        if state is schema.DatabaseState.OLDER:
            raise ChatError(
                f"{database} is of an older version (schema {revision}); start the server once, "
                "or run: chat-admin db upgrade"
            )
        return state is schema.DatabaseState.MISSING

    @contextmanager
    def glancing(self) -> Iterator[Database | None]:
        """Hold the database for a look, or None where it is yet to be made."""
        with self.unchecked() as database:
            yield None if self._is_missing(database) else database

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session for reading.

        Raises: as `database`.
        """
        with self.database() as database, database.reading() as session:
            yield session

    def change(self, decide: Callable[[Administrator], AdminChange], create: bool = False) -> bool:
        """Record what is decided. Returns whether anything changed."""
        with self.database(create) as database:
            return bool(apply_admin_change(database, self.clock, self.actor, self.by, decide).events)


def missing(database: Database) -> str:
    """Return the sentence for a database that is not there."""
    return (
        f"There is no database {database} yet; start the server once, run `chat-admin db upgrade`, "
        "or name another with -d."
    )


def _actor() -> str:
    """Return who is at the keyboard, as the operating system says."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        login = str(os.getuid())
    return f"admin:{login}"[:MAX_ACTOR_LENGTH]
