"""Statements executed directly on the driver's connection, and errors of the driver."""

import sqlite3
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.exc import DBAPIError

from app.interrupts import raise_hidden_interrupt


def execute_on_driver(connection: Connection, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
    """Execute a statement directly on the driver's connection, without beginning a transaction.

    For statements that run in every batch, SQLAlchemy's overhead would exceed their own cost.

    Raises: DBAPIError, like SQLAlchemy.
    """
    try:
        return _driver(connection).execute(statement, values)
    except sqlite3.Error as error:
        raise _translate(error, statement) from error


def execute_many_on_driver(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Execute a statement for each row directly on the driver's connection.

    Raises: DBAPIError, like SQLAlchemy.
    """
    try:
        _driver(connection).executemany(statement, rows)
    except sqlite3.Error as error:
        raise _translate(error, statement) from error


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def _translate(error: sqlite3.Error, statement: str) -> Exception:
    raise_hidden_interrupt()
    return DBAPIError.instance(statement, None, error, sqlite3.Error, hide_parameters=True)


def raise_hidden_interrupts(engine: Engine) -> None:
    """Raise KeyboardInterrupt instead of an error of the engine that hides it."""

    @event.listens_for(engine, "handle_error")
    def failed(context: ExceptionContext) -> None:
        if isinstance(context.original_exception, sqlite3.Error):
            raise_hidden_interrupt()


def fetch_int(connection: Connection, statement: str) -> int:
    """Execute a statement directly on the driver's connection and return its integer result."""
    return int(execute_on_driver(connection, statement).fetchone()[0])
