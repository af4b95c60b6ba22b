"""Failures of operations on the database, as of those on PostgreSQL.

A connection that is lost ends its transaction. If it is lost at COMMIT, the commit may have taken
effect, or may do so later. A node can also stall at any statement while other nodes go on: its
transaction is then ended by `idle_in_transaction_session_timeout`.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, Protocol


class Fault(Enum):
    """What goes wrong with an operation on the database."""

    ERROR = auto()  # it has no effect and ends the transaction; the connection goes on
    BUSY = auto()  # as ERROR, because another program holds the log's lock
    CUT = auto()  # it has no effect, and the connection is lost
    ANSWER_LOST = auto()  # it takes effect, but the connection is lost before the answer
    SUSPENSION = auto()  # as CUT, but a commit may take effect later, and keeps the log's lock until then
    STALL = auto()  # as CUT, after the others have gone on for a while
    STALL_ANSWER_LOST = auto()  # as ANSWER_LOST, after the others have gone on for a while
    PAUSE = (
        auto()
    )  # the others go on for a while, and then it takes effect, unless that ended its transaction
    SLOW_ANSWER = auto()  # it takes effect, and the others go on for a while before the answer


_TAKES_EFFECT = {Fault.ANSWER_LOST, Fault.STALL_ANSWER_LOST, Fault.SLOW_ANSWER}
_STALLS = {Fault.STALL, Fault.STALL_ANSWER_LOST, Fault.SLOW_ANSWER}


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault of an operation, after a number of others; of commits, if only they are counted."""

    fault: Fault
    after: int
    only_commits: bool
    stall_milliseconds: int


class ConnectionLost(sqlite3.OperationalError):
    """The connection to the database was lost."""


class FaultyConnection(Protocol):
    """A connection whose operations may fail."""

    @property
    def is_lost(self) -> bool:
        """Whether the connection was lost."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    @property
    def is_decided(self) -> bool:
        """Whether a commit that was sent has taken effect, or was refused."""

    def end_transaction(self) -> None:
        """End the transaction, if any, as the database does by itself."""

    def suspend(self) -> None:
        """Suspend the commit of the transaction, if any: it may take effect later."""

    def lose(self) -> ConnectionLost:
        """Lose the connection, which ends its transaction; return the error that says so."""


def make_busy_error() -> sqlite3.OperationalError:
    """Return the error of an operation that waited too long for a lock."""
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error


class FaultInjector:
    """Decides which operations of a node fail.

    `let_others_act` lets other nodes go on for some milliseconds while an operation stalls.
    """

    def __init__(self, let_others_act: Callable[[int], None]) -> None:
        self.is_down = False  # every operation fails
        self.happened = 0  # faults so far
        self._let_others_act = let_others_act
        self._planned: PlannedFault | None = None

    def plan(self, fault: PlannedFault) -> None:
        """Plan a fault, instead of the one that is planned already."""
        self._planned = fault

    def clear(self) -> None:
        """Let the database work again."""
        self.is_down, self._planned = False, None

    def run(self, connection: FaultyConnection, operation: Callable[..., Any], *arguments: Any) -> Any:
        """Run an operation other than a commit, unless it is time for a fault."""
        if self._planned is None and not (self.is_down or connection.is_lost):
            return operation(*arguments)
        return self._run(connection, lambda: operation(*arguments), False)

    def commit(self, connection: FaultyConnection, commit: Callable[[], None]) -> None:
        """Commit, unless it is time for a fault."""
        self._run(connection, commit, True)

    def _run(self, connection: FaultyConnection, operation: Callable[[], Any], ends_transaction: bool) -> Any:
        if connection.is_lost or self.is_down:
            raise connection.lose()
        fault = self._take_due(ends_transaction)
        if fault is None:
            return operation()
        kind = fault.fault
        if connection.is_decided and kind in (Fault.ERROR, Fault.BUSY):
            return operation()
        if kind is Fault.PAUSE:
            return self._pause(connection, operation, fault.stall_milliseconds)
        if kind is Fault.SUSPENSION and ends_transaction:
            connection.suspend()
        elif kind not in _TAKES_EFFECT:
            connection.end_transaction()
        result = operation() if kind in _TAKES_EFFECT else None
        if kind in _STALLS:
            self._stall(connection, ends_transaction, fault.stall_milliseconds)
        if kind is Fault.SLOW_ANSWER and not connection.is_lost:
            return result
        raise _make_error(kind, connection)

    def _pause(self, connection: FaultyConnection, operation: Callable[[], Any], milliseconds: int) -> Any:
        """Let the others act before an operation, unless the connection is then lost."""
        self._stall(connection, False, milliseconds)
        if connection.is_lost:
            raise connection.lose()
        return operation()

    def _take_due(self, is_commit: bool) -> PlannedFault | None:
        planned = self._planned
        if planned is None or (planned.only_commits and not is_commit):
            return None
        if planned.after:
            self._planned = replace(planned, after=planned.after - 1)
            return None
        self._planned = None
        self.happened += 1
        return planned

    def _stall(self, connection: FaultyConnection, ends_transaction: bool, milliseconds: int) -> None:
        """Let the others act; an open transaction is ended, so that they need not wait for it."""
        if not ends_transaction and connection.in_transaction:
            connection.lose()
        self._let_others_act(milliseconds)


def _make_error(fault: Fault, connection: FaultyConnection) -> sqlite3.OperationalError:
    if fault is Fault.ERROR:
        return sqlite3.OperationalError("disk full")
    return make_busy_error() if fault is Fault.BUSY else connection.lose()
