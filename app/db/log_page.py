"""Reads the rows of the log that others have appended, with one query for a batch.

Every node reads every batch of the others. SQLAlchemy would take several times as long as the
driver, most of it to describe the columns of the result, so PostgreSQL's driver is asked directly.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Text, bindparam, cast, select
from sqlalchemy.exc import DBAPIError

from app.db import models
from app.events import Event, Kind
from app.events.data import from_json

_event = models.EventRow.__table__
_chain = models.HashChainRow.__table__
_AFTER = (
    select(
        _event.c.kind,
        _event.c.room_id,
        _event.c.conversation,
        _event.c.session_id,
        _event.c.nick,
        _event.c.user,
        _event.c.host,
        _event.c.account,
        _event.c.target,
        _event.c.text,
        cast(_event.c.data, Text),
        _event.c.id,
        _event.c.at,
        _chain.c.digest,
    )
    .select_from(_event.outerjoin(_chain, _chain.c.last_id == _event.c.id))
    .where(_event.c.id > bindparam("last_id"))
    .order_by(_event.c.id)
    .limit(bindparam("limit"))
)


class LogPage(NamedTuple):
    """Consecutive events, and the digest of the hash chain at their end if a batch ends there."""

    events: list[Event]
    digest: bytes | None


def read_after(connection: Connection, last_id: int, limit: int) -> LogPage:
    """Return up to `limit` events after an id, oldest first."""
    parameters = {"last_id": last_id, "limit": limit}
    rows: Sequence[Sequence[Any]]
    if connection.dialect.name == "postgresql":
        rows = _read_from_driver(connection, parameters)
    else:
        rows = connection.execute(_AFTER, parameters).all()
    return LogPage([_from_values(row) for row in rows], rows[-1][-1] if rows else None)


def _read_from_driver(connection: Connection, parameters: dict[str, Any]) -> Sequence[Sequence[Any]]:
    """Run the query on the driver's connection.

    Raises: DBAPIError, like SQLAlchemy.
    """
    driver: Any = connection.connection.driver_connection
    statement, errors = _compile(connection.dialect), connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor:
            rows: Sequence[Sequence[Any]] = cursor.execute(statement, parameters).fetchall()
            return rows
    except errors as error:
        raise DBAPIError.instance(statement, None, error, errors, hide_parameters=True) from error


@lru_cache(maxsize=1)
def _compile(dialect: Dialect) -> str:
    return str(_AFTER.compile(dialect=dialect))


def _from_values(values: Sequence[Any]) -> Event:
    name, room, conversation, session, nick, user, host, account, target, text, stored, id, at, _ = values
    kind = Kind(name)
    data = None if stored is None else from_json(kind, json.loads(stored))
    return Event(
        kind, room, conversation, session, nick, user, host, account, target, text, data, id=id, at=at
    )
