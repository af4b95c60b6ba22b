"""Reads and adds links of the hash chain."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from app.db import models
from app.db.chain.digests import START
from app.db.insertion import insert_rows

_chain = models.HashChainRow.__table__


class Position(NamedTuple):
    """A position in the log, and the chain digest of all events up to it."""

    last_id: int
    digest: bytes


BEGINNING = Position(0, START)


def find_digest(connection: Connection, last_id: int) -> bytes | None:
    """Return the chain digest at a position of the log, or None if no link ends there."""
    if last_id == 0:
        return START
    return connection.scalar(select(_chain.c.digest).where(_chain.c.last_id == last_id))


def read_head(connection: Connection) -> Position:
    """Return the end of the chain."""
    query = select(_chain.c.last_id, _chain.c.digest).order_by(_chain.c.last_id.desc()).limit(1)
    row = connection.execute(query).first()
    return BEGINNING if row is None else Position(*row)


def add_link(connection: Connection, end: Position) -> None:
    """Add the link of a batch that was appended to the log in the same transaction."""
    insert_rows(connection, models.HashChainRow, ("last_id", "digest"), [end])
