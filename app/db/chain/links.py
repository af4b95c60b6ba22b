"""Reads and adds links of the hash chain."""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from app.db import models
from app.db.chain.digests import START
from app.db.insertion import insert_rows

_chain = models.HashChainRow.__table__
_FIND_DIGEST = select(_chain.c.digest).where(_chain.c.last_id == bindparam("last_id"))


class Position(NamedTuple):
    """A position in the log, and the chain digest of all events up to it."""

    last_id: int
    digest: bytes


class ChainLink(NamedTuple):
    """A row of `hash_chain`."""

    last_id: int
    digest: bytes
    rows_digest: bytes | None
    is_partial: bool | None


BEGINNING = Position(0, START)
MAX_POSITION = (1 << 63) - 1
PAGE_LINKS = 1_000  # read at a time
PAGE_EVENTS = 4_096  # covered by the links that are read at a time, unless by the first alone


def find_digest(connection: Connection, last_id: int) -> bytes | None:
    """Return the chain digest at a position of the log, or None if no link ends there."""
    if last_id == 0:
        return START
    return connection.scalar(_FIND_DIGEST, {"last_id": last_id})


def read_head(connection: Connection) -> Position:
    """Return the end of the chain."""
    return find_end_before(connection, MAX_POSITION)


def read_links(connection: Connection, after: int) -> list[ChainLink]:
    """Return the next links after a position; none at the end of the chain."""
    query = select(_chain).where(_chain.c.last_id > after).order_by(_chain.c.last_id).limit(PAGE_LINKS)
    links = [ChainLink(*row) for row in connection.execute(query)]
    return [link for link in links if link is links[0] or link.last_id <= after + PAGE_EVENTS]


def find_end_before(connection: Connection, position: int) -> Position:
    """Return the end of the last link before a position."""
    query = select(_chain.c.last_id, _chain.c.digest).where(_chain.c.last_id < position)
    row = connection.execute(query.order_by(_chain.c.last_id.desc()).limit(1)).first()
    return BEGINNING if row is None else Position(*row)


def add_link(connection: Connection, end: Position) -> None:
    """Add the link of a batch that was appended to the log in the same transaction."""
    insert_rows(connection, models.HashChainRow, ("last_id", "digest"), [end])
