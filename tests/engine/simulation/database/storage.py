"""What is stored in a simulation: one SQLite database in memory.

All connections of a simulation lead to the same one of SQLite, since only one transaction has
changed anything at a time. A transaction is a savepoint within one that lasts as long as a history
and is then rolled back, which restores the database as it was. Savepoints of transactions that have
changed something are kept, so that a failover can undo the last of them.

A commit that was sent is undone until it takes effect, which repeats its statements.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.db.notifications import Channel
from app.db.sqlite.connection_setup import add_functions
from tests.engine.simulation.database.faults import make_busy_error

CACHED_STATEMENTS = 1_000
Notification = tuple[Channel, str]


@dataclass(slots=True, eq=False)
class Transaction:
    """What was done in a transaction, so that it can be repeated."""

    holder: object  # the session that gets the log's lock if the commit keeps it
    holds_lock: bool
    keeps_lock: bool = False
    changes_before: int = 0
    is_committed: bool | None = None  # None until that is decided
    statements: list[tuple[Callable[..., Any], str, Any]] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)


def _ignore(channel: Channel, payload: str) -> None:
    """Placeholder until a simulation listens."""


class Storage:
    """The database, its commits and the log's lock."""

    def __init__(self, template: bytes) -> None:
        self.driver = sqlite3.connect(
            ":memory:", isolation_level=None, cached_statements=CACHED_STATEMENTS, check_same_thread=False
        )
        self.driver.deserialize(template)
        self.driver.execute("PRAGMA foreign_keys=ON")
        add_functions(self.driver)
        self.hear = _ignore  # called with the notifications of each commit
        self.generation = 0  # grows with each failover, which loses all connections
        self.open: Transaction | None = None  # it has done something, and was neither committed nor sent
        self.sent: Transaction | None = None  # its commit was sent, and has not taken effect yet
        self.lock_holder: object | None = None
        self._commits = 0  # that can be undone

    def reset(self) -> None:
        """Restore what was stored at first."""
        assert self.open is None, "a transaction is open at the end of a history"
        if self.driver.in_transaction:
            self.driver.rollback()
        self.driver.execute("BEGIN")
        self.hear, self.sent, self.lock_holder, self._commits = _ignore, None, None, 0

    def begin(self, holder: object, holds_lock: bool) -> Transaction:
        """Begin a transaction, which takes effect with its first statement."""
        if holds_lock:
            if self.lock_holder not in (None, holder):
                raise make_busy_error()
            self.lock_holder = holder
        return Transaction(holder, holds_lock)

    def run(self, transaction: Transaction) -> None:
        """Prepare to run a statement of a transaction."""
        if self.open is not transaction:
            assert self.open is None, "two transactions change the database at once"
            self.driver.execute(f"SAVEPOINT commit{self._commits}")
            transaction.changes_before, self.open = self.driver.total_changes, transaction

    def commit(self, transaction: Transaction) -> None:
        """Commit a transaction, and deliver its notifications."""
        transaction.is_committed = True
        if self.open is transaction:
            self.open = None
            if self.driver.total_changes == transaction.changes_before:
                self.driver.execute(f"RELEASE commit{self._commits}")
            else:
                self._commits += 1
        self._release_lock(transaction)
        for channel, payload in transaction.notifications:
            self.hear(channel, payload)

    def roll_back(self, transaction: Transaction) -> None:
        """Roll a transaction back."""
        transaction.is_committed, transaction.keeps_lock = False, False
        if self.open is transaction:
            self.open = None
            self._undo(self._commits)
        self._release_lock(transaction)

    def _release_lock(self, transaction: Transaction) -> None:
        if self.lock_holder in (transaction, transaction.holder):
            self.lock_holder = transaction.holder if transaction.keeps_lock else None

    def _undo(self, commit: int) -> None:
        self.driver.execute(f"ROLLBACK TO commit{commit}")
        self.driver.execute(f"RELEASE commit{commit}")

    def send_commit(self, transaction: Transaction, keeps_lock: bool) -> None:
        """Send COMMIT. Until that takes effect, the transaction keeps the log's lock."""
        if self.open is transaction:
            self.open = None
            self._undo(self._commits)
        transaction.keeps_lock = keeps_lock
        self.sent = self.lock_holder = transaction

    def decide(self, is_committed: bool) -> None:
        """Let the commit that was sent, if any, take effect, or be refused."""
        transaction, self.sent = self.sent, None
        if transaction is not None and is_committed:
            self.run(transaction)
            for run, statement, values in transaction.statements:
                run(statement, values)
            self.commit(transaction)
        elif transaction is not None:
            self.roll_back(transaction)

    def lose_session(self, holder: object) -> None:
        """End a session; a commit that it has sent goes on, but nobody keeps its lock."""
        if self.lock_holder is holder:
            self.lock_holder = None
        if self.sent is not None and self.sent.holder is holder:
            self.sent.keeps_lock = False

    def fail_over(self, lost: int) -> None:
        """Continue on a standby that lacks the last commits; all connections are lost."""
        assert self.open is None
        self.decide(is_committed=False)
        self.lock_holder = None
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
