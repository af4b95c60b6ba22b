"""Statements executed directly on the driver's connection."""

from collections.abc import Mapping
from typing import Any, cast

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def execute_on_driver(connection: Connection, statement: str, values: Mapping[str, Any]) -> None:
    """Execute a statement without results directly on the driver's connection.

    For statements that run in every batch, SQLAlchemy's overhead would exceed their own cost.

    Raises: DBAPIError, like SQLAlchemy.
    """
    if not connection.in_transaction():
        connection.begin()
    try:
        cast(psycopg.Connection[Any], connection.connection.dbapi_connection).execute(statement, values)
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error, hide_parameters=True) from error
