"""The interface of the SQL dialects; `sqlite` and `postgresql` implement it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, Engine

from app.db.notifications import Channel

HOLDS_LOCK = "holds_log_lock"  # execution option of connections that append
# Execution option: each query of such a transaction is one of its own, where that is faster.
READS_SINGLY = "reads_singly"
# Execution option: how long such a transaction may be idle, in milliseconds; 0 does not limit it.
MAX_PAUSE_MS = "max_pause_ms"


@dataclass(frozen=True, slots=True)
class StorageUsage:
    """The size of a database; what does not apply to its dialect is None."""

    bytes: int
    free_bytes: int | None = None  # in pages that are not used
    log_bytes: int | None = None  # of the write-ahead log


class Claim(Protocol):
    """Exclusive use of a database by one server, until it is closed or the process ends."""

    def close(self) -> None:
        """Release the claim."""


class Listening(Protocol):
    """A thread that waits for notifications, until it is closed."""

    def close(self) -> None:
        """Stop the thread."""


class Dialect(Protocol):
    """The operations that differ between the supported databases."""

    name: str
    has_nodes: bool  # whether several servers can use a database
    server_purges: bool  # whether a running server does what `purge` does
    commits_in_background: bool  # whether the engine goes on while messages are committed
    # Execution options of a transaction whose queries all see the same state.
    snapshot_options: Mapping[str, str]

    def create_engine(self, url: URL, lock_timeout_ms: int | None = None) -> Engine:
        """Create an engine with durable commits.

        A transaction on a connection with the option HOLDS_LOCK begins by taking the log's lock, so
        no other transaction can append until it ends.

        `lock_timeout_ms` limits how long a statement waits for a lock. None selects the dialect's
        default, which suits the server.
        """

    def append_engine(self, engine: Engine) -> Engine:
        """Return the engine whose connections append to the log.

        In a process that has claimed the database, these connections hold the claim.
        """

    def create_file(self, url: URL) -> None:
        """Create the file of a new database, readable by its owner only.

        Raises: StorageError when it cannot be created.
        """

    def exists(self, url: URL) -> bool:
        """Return whether the database exists, without creating it."""

    def open_read_only(self, url: URL) -> Engine:
        """Return a read-only engine, for inspecting a database that may belong to another program.

        Raises: DatabaseRefused when it cannot be read.
        """

    def claim(self, engine: Engine) -> Claim:
        """Claim the whole database until the claim is closed or the process ends.

        Raises: DatabaseRefused when a server is running on it.
        """

    def claim_node(self, engine: Engine, name: str) -> Claim:
        """Claim the name of a node, or without nodes the whole database, until the process ends.

        Raises: DatabaseRefused when another server holds the claim.
        """

    def has_server(self, engine: Engine) -> bool:
        """Return whether a server is running on the database, or a program that must be alone.

        False if that is unknown.
        """

    def listen(self, url: URL, hear: Callable[[Channel, str], None]) -> Listening:
        """Call `hear` on a thread of its own with the channel and payload of each notification.

        Notifications are lost while that thread has no connection.
        """

    def notify(self, connection: Connection, channel: Channel, payload: str) -> None:
        """Notify the servers on the database, if any, once the transaction commits."""

    def find_lost_files(self) -> str | None:
        """Return what happened to the open files of the database, or None if they are in place.

        Commits are not durable while any of them is lost.
        """

    def recover_lost_files(self, engine: Engine, connection: Connection | None) -> None:
        """Save the contents of lost files, and close all connections, including the given one.

        Raises: StorageError if they cannot be saved, or not yet.
        """

    def version(self, connection: Connection) -> int | None:
        """Return a number that changes when another connection commits; None if not supported."""

    def now(self, connection: Connection) -> int:
        """Return the time of the clock that all nodes share, in ms since the Unix epoch."""

    def truncate_log(self, connection: Connection) -> bool:
        """Remove overwritten values from the write-ahead log, outside a transaction.

        Return False if that is not possible yet, because another connection reads it.
        """

    def purge(self, engine: Engine) -> bool:
        """Remove overwritten and deleted values from the database, as far as it allows.

        Return False if that is not possible yet. May take as long as reading the database.
        """

    def send_commit(self, connection: Connection, keeps_lock: bool) -> None:
        """Begin to commit the transaction; `Connection.commit` then awaits that, on any thread.

        With `keeps_lock`, no other transaction can take the log's lock before the next one of this
        connection.
        """

    def await_results(self, connection: Connection) -> None:
        """Await the results of all statements of the transaction, which may have been sent only.

        Raises: DBAPIError of the first one that failed.
        """

    def is_transient_error(self, error: Exception) -> bool:
        """Return whether an error comes from the storage (full, locked, unreachable), not a row."""

    def is_lock_timeout(self, error: Exception) -> bool:
        """Return whether an error says that another program holds a lock."""

    def describe_lock_holder(self, url: URL) -> str | None:
        """Return the program that holds the log's lock, for the log; None if that is unknown."""

    def back_up(self, url: URL, revision: str) -> Path | None:
        """Back up the database before an upgrade; return the copy, or None if none is needed."""

    def problems(self, connection: Connection) -> list[str]:
        """Run the database's own integrity checks; return a sentence for each problem."""

    def size(self, connection: Connection) -> int:
        """Return the size of the database in bytes."""

    def usage(self, connection: Connection) -> StorageUsage:
        """Return how much space the database takes, and how much of it is unused."""
