"""What a database must be able to do for the log; `sqlite` and `postgresql` say how each does it."""

from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, Engine

HOLDS_LOCK = "holds_log_lock"  # an execution option of connections that append


class Claim(Protocol):
    """A database held for one server; closing it, or the end of the program, gives it up."""

    def close(self) -> None:
        """Give the claim up."""


class Dialect(Protocol):
    """Every difference between the databases, in one place."""

    name: str

    def create_engine(self, url: URL, lock_timeout_ms: int | None = None) -> Engine:
        """Make the engine, with durable commits.

        A transaction of a connection with the option HOLDS_LOCK begins by taking the log's lock: until it
        ends, nobody else appends.

        `lock_timeout_ms` is how many milliseconds a statement waits for somebody else's lock before it fails; None
        leaves it to the dialect, as suits the server's engine.
        """

    def create_file(self, url: URL) -> None:
        """Make the place of a new database, readable by its owner only.

        Raises: StorageError when it cannot be made there.
        """

    def exists(self, url: URL) -> bool:
        """Whether there is a database to look at. Creates nothing."""

    def open_read_only(self, url: URL) -> Engine:
        """Return an engine that can only read, for looking at a database that may not be ours.

        Raises: DatabaseRefused when it can't be read at all.
        """

    def claim(self, engine: Engine, node: str) -> Claim:
        """Hold the database for the server of this name, as long as the program runs.

        Raises: DatabaseRefused when another program holds it.
        """

    def version(self, connection: Connection) -> int | None:
        """Return a number that changes when somebody else commits, or None when only the log can tell."""

    def is_transient_error(self, error: Exception) -> bool:
        """Whether the error is the storage's (full, locked, gone) and may pass, not the fault of a row."""

    def back_up(self, url: URL, revision: str) -> Path | None:
        """Set a copy aside before an upgrade and return where; None where copies are made otherwise."""

    def problems(self, connection: Connection) -> list[str]:
        """Return what the database itself finds wrong with its files, a sentence each."""

    def size(self, connection: Connection) -> int:
        """Return how many bytes the database takes."""
