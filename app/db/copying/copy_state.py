"""The state of an unfinished copy, in a table of the database that is being written.

The table exists only while the copy is unfinished. A database that has it is refused by the server
and by `chat-admin`, so nothing else is written to it.
"""

import json
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, delete, inspect, select

COPY_STATE_TABLE = "copy_state"

_table = Table(
    COPY_STATE_TABLE,
    MetaData(),
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)


def create(connection: Connection) -> None:
    """Mark the database as an unfinished copy."""
    _table.create(connection)


def exists(connection: Connection) -> bool:
    """Return whether the database is an unfinished copy."""
    return inspect(connection).has_table(COPY_STATE_TABLE)


def load(connection: Connection) -> dict[str, Any]:
    """Return all stored values by name."""
    return {name: json.loads(value) for name, value in connection.execute(select(_table))}


def store(connection: Connection, name: str, value: Any) -> None:
    """Store a value, in the transaction of what it describes."""
    connection.execute(delete(_table).where(_table.c.name == name))
    connection.execute(_table.insert().values(name=name, value=json.dumps(value)))


def drop(connection: Connection) -> None:
    """Remove the mark: the copy is finished."""
    _table.drop(connection)
