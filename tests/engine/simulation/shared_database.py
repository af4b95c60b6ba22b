"""One SQLite file as the database that several nodes share, in place of PostgreSQL."""

import sqlite3
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import ExceptionContext

from app.db.database import Database
from app.db.dialect import HOLDS_LOCK
from app.db.sqlite.connection_setup import add_functions
from app.db.sqlite.dialect import SQLite
from tests.engine.simulation.faults import ConnectionLost, FaultInjector, FaultyConnection

_PRAGMAS = ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=ON", "busy_timeout=0")
RELIABLE = FaultInjector(lambda: None)  # nothing fails


class SharedSQLite(SQLite):
    """SQLite with the abilities of PostgreSQL that nodes need."""

    has_nodes = True

    def __init__(self, injector: FaultInjector) -> None:
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
    ) -> FaultyConnection:
        if self.injector.is_down:
            raise ConnectionLost("connection refused")
        connection = sqlite3.connect(*arguments, **options, factory=FaultyConnection, isolation_level=None)
        connection.injector = RELIABLE
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        add_functions(connection)
        connection.injector = self.injector
        return connection

    def find_lost_files(self) -> str | None:
        """Return None: a database server looks after its own files."""
        return None

    def version(self, connection: Connection) -> int | None:
        """Return None, as PostgreSQL does."""
        return None


class SharedDatabase(Database):
    """The shared database as one node sees it.

    Statements are compiled once for each engine, so it is used again for the next history, once its
    connections are closed and the file is a new one.
    """

    dialect: SharedSQLite

    def __init__(self, url: URL) -> None:
        self.url = url
        self.dialect = SharedSQLite(RELIABLE)
        self.engine = self.dialect.create_engine(url)


def _begin(connection: Connection) -> None:
    holds_lock = connection.get_execution_options().get(HOLDS_LOCK)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if holds_lock else "BEGIN")


def _recognise_loss(context: ExceptionContext) -> None:
    if isinstance(context.original_exception, ConnectionLost):
        context.is_disconnect = True
