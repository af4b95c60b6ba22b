"""The database of a simulation as SQLAlchemy sees it, in place of PostgreSQL."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import DBAPIError

from app.db.database import Database
from app.db.dialect import HOLDS_LOCK
from app.db.notifications import Channel
from app.db.sqlite.dialect import SQLite
from tests.engine.simulation.database.faults import ConnectionLost, FaultInjector
from tests.engine.simulation.database.storage import Storage, Transaction

RELIABLE = FaultInjector(lambda milliseconds: None)  # nothing fails
_BEGIN, _BEGIN_WITH_LOCK = "BEGIN", "BEGIN IMMEDIATE"
_SYNCHRONOUS = "PRAGMA synchronous="


class NodeConnection:
    """A connection of a node to the storage, as SQLAlchemy uses one of `sqlite3`."""

    def __init__(self, storage: Storage, injector: FaultInjector) -> None:
        self.storage = storage
        self.injector = injector
        self._generation = storage.generation
        self._was_cut = False
        self._transaction: Transaction | None = None  # which was begun, and possibly sent
        self._was_sent = False

    @property
    def is_lost(self) -> bool:
        """Whether the connection was lost."""
        return self._was_cut or self._generation != self.storage.generation

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._transaction is not None

    def cursor(self) -> "NodeCursor":
        """Return a cursor whose statements may fail."""
        return NodeCursor(self)

    def execute(self, statement: str, values: Any = ()) -> "NodeCursor":
        """Execute a statement, unless it is time for a fault."""
        return NodeCursor(self).execute(statement, values)

    def executemany(self, statement: str, rows: Any) -> "NodeCursor":
        """Execute a statement for each row, unless it is time for a fault."""
        return NodeCursor(self).executemany(statement, rows)

    def begin(self, holds_lock: bool) -> None:
        """Begin a transaction."""
        self._transaction, self._was_sent = self.storage.begin(self, holds_lock), False

    def run(self, operation: Callable[..., Any], statement: str, values: Any) -> None:
        """Run a statement, unless it is time for a fault, and note it."""
        self.injector.run(self, self._run, operation, statement, values)

    def _run(self, operation: Callable[..., Any], statement: str, values: Any) -> None:
        if self._transaction is not None and not statement.startswith("PRAGMA "):  # upkeep looks at the index
            self.storage.run(self._transaction)
            repeat = getattr(self.storage.driver, operation.__name__)
            self._transaction.statements.append((repeat, statement, values))
        operation(statement, values)

    def notify(self, channel: Channel, payload: str) -> None:
        """Send a notification with the commit, unless it is time for a fault."""
        if self._transaction is not None:
            self.injector.run(self, self._transaction.notifications.append, (channel, payload))

    def send_commit(self, keeps_lock: bool) -> None:
        """Send COMMIT without waiting for the answer."""
        assert self._transaction is not None
        self.injector.run(self, self.storage.send_commit, self._transaction, keeps_lock)
        self._was_sent = True

    @property
    def is_decided(self) -> bool:
        """Whether a commit that was sent has taken effect, or was refused."""
        return self._was_sent and self._transaction is not None and self._transaction.is_committed is not None

    def commit(self) -> None:
        """Commit, unless it is time for a fault."""
        self.injector.commit(self, self._commit)

    def _commit(self) -> None:
        transaction, self._transaction = self._transaction, None
        if transaction is None:
            return
        if not self._was_sent:
            self.storage.commit(transaction)
        elif transaction.is_committed is None:
            self.storage.decide(is_committed=True)
        elif not transaction.is_committed:
            raise self.lose()

    def rollback(self) -> None:
        """Roll back. Raises: ConnectionLost if the connection was lost."""
        if self.is_lost:
            raise self.lose()
        if self._was_sent:
            self.close()
        else:
            self.end_transaction()

    def suspend(self) -> None:
        """Suspend the commit of the transaction: it takes effect later, or is refused."""
        transaction, self._transaction = self._transaction, None
        if transaction is not None and not self._was_sent:
            self.storage.send_commit(transaction, keeps_lock=False)

    def end_transaction(self) -> None:
        """End the transaction, if any, as the database does by itself."""
        transaction, self._transaction = self._transaction, None
        if transaction is None or transaction.is_committed is not None:
            self.storage.lose_session(self)  # it may keep the lock
        elif self._was_sent:
            self.storage.decide(is_committed=False)
        else:
            self.storage.roll_back(transaction)

    def lose(self) -> ConnectionLost:
        """Lose the connection, which ends its transaction; return the error that says so."""
        self.close()
        self._was_cut = True
        return ConnectionLost("server closed the connection unexpectedly")

    def close(self) -> None:
        """Close the connection, which ends its transaction, but not a commit that was sent."""
        if self._was_sent:
            self._transaction = None
        self.end_transaction()
        self.storage.lose_session(self)

    def create_function(self, *arguments: Any, **options: Any) -> None:
        """Do nothing: the storage has the functions."""


class NodeCursor(sqlite3.Cursor):
    """A cursor whose statements may fail."""

    def __init__(self, owner: NodeConnection) -> None:
        super().__init__(owner.storage.driver)
        self._owner = owner

    def execute(self, statement: str, values: Any = ()) -> "NodeCursor":
        """Execute a statement, unless it is time for a fault."""
        owner = self._owner
        if statement.startswith(_SYNCHRONOUS):
            return self  # there is no file to synchronise
        if statement in (_BEGIN, _BEGIN_WITH_LOCK):
            owner.injector.run(owner, owner.begin, statement == _BEGIN_WITH_LOCK)
        else:
            owner.run(super().execute, statement, values)
        return self

    def executemany(self, statement: str, rows: Any) -> "NodeCursor":
        """Execute a statement for each row, unless it is time for a fault."""
        self._owner.run(super().executemany, statement, rows)
        return self


class SharedSQLite(SQLite):
    """SQLite with the abilities of PostgreSQL that nodes need."""

    has_nodes = True
    commits_in_background = True

    def __init__(self, storage: Storage, injector: FaultInjector) -> None:
        self._storage = storage
        self.injector = injector

    def create_engine(self, url: URL, lock_timeout_ms: int | None = None) -> Engine:
        """Create an engine whose connections may fail."""
        engine = create_engine(url, hide_parameters=True)
        event.listen(engine, "do_connect", self._connect)
        event.listen(engine, "begin", _begin)
        event.listen(engine, "handle_error", _recognise_loss)
        return engine

    def _connect(
        self, dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]
    ) -> NodeConnection:
        if self.injector.is_down:
            raise ConnectionLost("connection refused")
        return NodeConnection(self._storage, self.injector)

    def notify(self, connection: Connection, channel: Channel, payload: str) -> None:
        """Notify all nodes once the transaction commits."""
        with _translated_errors("NOTIFY"):
            _driver(connection).notify(channel, payload)

    def send_commit(self, connection: Connection, keeps_lock: bool) -> None:
        """Send COMMIT without waiting for the answer."""
        with _translated_errors("COMMIT"):
            _driver(connection).send_commit(keeps_lock)

    def find_lost_files(self) -> str | None:
        """Return None: a database server looks after its own files."""
        return None

    def truncate_log(self, connection: Connection) -> bool:
        """Do nothing: there is no write-ahead log."""
        return True

    def version(self, connection: Connection) -> int | None:
        """Return None, as PostgreSQL does."""
        return None


class SharedDatabase(Database):
    """The shared database as one node sees it, used again for each history.

    Statements are compiled once for each engine.
    """

    dialect: SharedSQLite

    def __init__(self, storage: Storage) -> None:
        self.url = URL.create("sqlite")
        self.dialect = SharedSQLite(storage, RELIABLE)
        self.engine = self.dialect.create_engine(self.url)


def _driver(connection: Connection) -> NodeConnection:
    return cast(NodeConnection, connection.connection.driver_connection)


@contextmanager
def _translated_errors(statement: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, None, error, sqlite3.Error) from error


def _begin(connection: Connection) -> None:
    holds_lock = connection.get_execution_options().get(HOLDS_LOCK)
    connection.exec_driver_sql(_BEGIN_WITH_LOCK if holds_lock else _BEGIN)


def _recognise_loss(context: ExceptionContext) -> None:
    if isinstance(context.original_exception, ConnectionLost):
        context.is_disconnect = True
