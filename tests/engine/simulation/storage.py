"""What is stored in a simulation: one SQLite database in memory.

All connections of a simulation lead to the same one of SQLite, since only one transaction is open
at a time. A transaction is a savepoint within one that lasts as long as a history and is then
rolled back, which restores the database as it was. Savepoints of transactions that have changed
something are kept, so that a failover can undo the last of them.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.db.notifications import Channel
from app.db.sqlite.connection_setup import add_functions
from tests.engine.simulation.faults import make_busy_error

CACHED_STATEMENTS = 1_000
Notification = tuple[Channel, str]


@dataclass(slots=True)
class Transaction:
    """What was done in a transaction, so that it can be repeated."""

    holds_lock: bool
    changes: int  # by all transactions before
    statements: list[tuple[Callable[..., Any], str, Any]] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)


def _ignore(channel: Channel, payload: str) -> None:
    """Placeholder until a simulation listens."""


class Storage:
    """The database, its commits and the transaction that is open."""

    def __init__(self, template: bytes) -> None:
        self.driver = sqlite3.connect(
            ":memory:", isolation_level=None, cached_statements=CACHED_STATEMENTS, check_same_thread=False
        )
        self.driver.deserialize(template)
        self.driver.execute("PRAGMA foreign_keys=ON")
        add_functions(self.driver)
        self.hear = _ignore  # called with the notifications of each commit
        self.generation = 0  # grows with each failover, which loses all connections
        self.open: Transaction | None = None
        self.suspended: Transaction | None = None  # its commit is neither done nor refused yet
        self._commits = 0  # that can be undone

    def reset(self) -> None:
        """Restore what was stored at first."""
        assert self.open is None, "a transaction is open at the end of a history"
        if self.driver.in_transaction:
            self.driver.rollback()
        self.driver.execute("BEGIN")
        self.hear, self.suspended, self._commits = _ignore, None, 0

    def begin(self, holds_lock: bool) -> Transaction:
        """Begin a transaction."""
        if self.open is not None or (holds_lock and self.suspended is not None):
            raise make_busy_error()
        self.driver.execute(f"SAVEPOINT commit{self._commits}")
        self.open = Transaction(holds_lock, self.driver.total_changes)
        return self.open

    def commit(self) -> None:
        """Commit the open transaction, and deliver its notifications."""
        transaction, self.open = self.open, None
        assert transaction is not None
        if self.driver.total_changes == transaction.changes:
            self.driver.execute(f"RELEASE commit{self._commits}")
        else:
            self._commits += 1
        for channel, payload in transaction.notifications:
            self.hear(channel, payload)

    def roll_back(self) -> None:
        """Roll the open transaction back."""
        self.open = None
        self._undo(self._commits)

    def _undo(self, commit: int) -> None:
        self.driver.execute(f"ROLLBACK TO commit{commit}")
        self.driver.execute(f"RELEASE commit{commit}")

    def suspend(self) -> None:
        """Suspend the commit of the open transaction, which keeps the log's lock meanwhile."""
        transaction = self.open
        self.roll_back()
        self.suspended = transaction

    def end_suspension(self, is_done: bool) -> None:
        """Commit the transaction whose commit is suspended, if any, or roll it back."""
        transaction, self.suspended = self.suspended, None
        if transaction is not None and is_done:
            self.begin(transaction.holds_lock).notifications = transaction.notifications
            for run, statement, values in transaction.statements:
                run(statement, values)
            self.commit()

    def fail_over(self, lost: int) -> None:
        """Continue on a standby that lacks the last commits; all connections are lost."""
        assert self.open is None
        self.suspended = None
        kept = max(0, self._commits - lost)
        if kept < self._commits:
            self._undo(kept)
        self._commits = kept
        self.generation += 1

    def read_last_id(self) -> int:
        """Return the last position of the log."""
        row: Sequence[int] = self.driver.execute("SELECT max(id) FROM event").fetchone()
        return row[0]

    def close(self) -> None:
        """Close the connection of SQLite."""
        self.driver.close()
