"""One SQLite database in memory that several nodes share, in place of PostgreSQL.

All connections lead to the same one of SQLite, since only one transaction is open at a time. Each
transaction is a savepoint within a transaction that lasts as long as a history, and is then rolled
back, which restores the database as it was.
"""

import sqlite3
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import ExceptionContext

from app.db.database import Database
from app.db.sqlite.connection_setup import add_functions
from app.db.sqlite.dialect import SQLite
from tests.engine.simulation.faults import ConnectionLost, FaultInjector, make_busy_error

_CACHED_STATEMENTS = 1_000
RELIABLE = FaultInjector(lambda: None)  # nothing fails


class Storage:
    """What is stored, and which connection has a transaction open."""

    def __init__(self, template: bytes) -> None:
        self.driver = sqlite3.connect(
            ":memory:", isolation_level=None, cached_statements=_CACHED_STATEMENTS, check_same_thread=False
        )
        self.driver.deserialize(template)
        self.driver.execute("PRAGMA foreign_keys=ON")
        add_functions(self.driver)
        self.user: NodeConnection | None = None  # whose transaction is open

    def reset(self) -> None:
        """Restore what was stored at first."""
        assert self.user is None, "a transaction is open at the end of a history"
        if self.driver.in_transaction:
            self.driver.rollback()
        self.driver.execute("BEGIN")

    def close(self) -> None:
        """Close the connection of SQLite."""
        self.driver.close()


class NodeConnection:
    """A connection of a node to the storage, as SQLAlchemy uses one of `sqlite3`."""

    def __init__(self, storage: Storage, injector: FaultInjector) -> None:
        self.storage = storage
        self.injector = injector
        self.is_lost = False

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self.storage.user is self

    def cursor(self) -> "NodeCursor":
        """Return a cursor whose statements may fail."""
        return NodeCursor(self)

    def execute(self, statement: str, values: Any = ()) -> "NodeCursor":
        """Execute a statement, unless it is time for a fault."""
        cursor = NodeCursor(self)
        cursor.execute(statement, values)
        return cursor

    def executemany(self, statement: str, rows: Any) -> "NodeCursor":
        """Execute a statement for each row, unless it is time for a fault."""
        cursor = NodeCursor(self)
        cursor.executemany(statement, rows)
        return cursor

    def begin(self) -> None:
        """Begin a transaction."""
        if self.storage.user is not None:
            raise make_busy_error()
        self.storage.driver.execute("SAVEPOINT node")
        self.storage.user = self

    def commit(self) -> None:
        """Commit, unless it is time for a fault."""
        self.injector.commit(self, self._commit)

    def _commit(self) -> None:
        if self.in_transaction:
            self.storage.driver.execute("RELEASE node")
            self.storage.user = None

    def rollback(self) -> None:
        """Roll back. Raises: ConnectionLost if the connection was lost."""
        if self.is_lost:
            raise self.lose()
        self.end_transaction()

    def end_transaction(self) -> None:
        """End the transaction, if any, as the database does by itself."""
        if self.in_transaction:
            self.storage.driver.execute("ROLLBACK TO node")
            self.storage.driver.execute("RELEASE node")
            self.storage.user = None

    def lose(self) -> ConnectionLost:
        """Lose the connection, which ends its transaction; return the error that says so."""
        self.end_transaction()
        self.is_lost = True
        return ConnectionLost("server closed the connection unexpectedly")

    def close(self) -> None:
        """Close the connection, which ends its transaction."""
        self.end_transaction()

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
        if statement == "BEGIN":
            owner.injector.run(owner, owner.begin)
        else:
            owner.injector.run(owner, super().execute, statement, values)
        return self

    def executemany(self, statement: str, rows: Any) -> "NodeCursor":
        """Execute a statement for each row, unless it is time for a fault."""
        self._owner.injector.run(self._owner, super().executemany, statement, rows)
        return self


class SharedSQLite(SQLite):
    """SQLite with the abilities of PostgreSQL that nodes need."""

    has_nodes = True

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

    def find_lost_files(self) -> str | None:
        """Return None: a database server looks after its own files."""
        return None

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


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _recognise_loss(context: ExceptionContext) -> None:
    if isinstance(context.original_exception, ConnectionLost):
        context.is_disconnect = True
