"""Statements executed directly on the driver's connection, without SQLAlchemy."""

import sqlite3
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def execute_on_driver(connection: Connection, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
    """Execute a statement directly on the driver's connection, without beginning a transaction.

    For statements that run in every batch, SQLAlchemy's overhead would exceed their own cost.

    Raises: DBAPIError, like SQLAlchemy.
    """
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    try:
        return driver.execute(statement, values)
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, None, error, sqlite3.Error, hide_parameters=True) from error


def fetch_int(connection: Connection, statement: str) -> int:
    """Execute a statement directly on the driver's connection and return its integer result."""
    return int(execute_on_driver(connection, statement).fetchone()[0])
