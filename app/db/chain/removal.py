"""Removes events from the log, also from its middle, so that the hash chain still verifies.

A removed event leaves a tombstone: its position and row digest. Once a batch has no events left,
one digest over its row digests replaces its tombstones.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, func, select, text

from app.clock import Clock
from app.db import models
from app.db.chain.digests import DIGEST_BYTES, digest_rows
from app.db.chain.rows import IDS, in_chunks, read_events_by_id
from app.db.insertion import insert_rows

_event = models.EventRow.__table__
_chain = models.HashChainRow.__table__
_commitment = models.EventCommitmentRow.__table__
_tombstone = models.EventTombstoneRow.__table__

_FIND_LAST = select(func.max(_event.c.id))
_DELETE_COMMITMENTS = delete(models.EventCommitmentRow).where(_commitment.c.event_id.in_(IDS))
_DELETE_EVENTS = delete(models.EventRow).where(_event.c.id.in_(IDS))
_READ_TOMBSTONES = select(_tombstone.c.event_id, _tombstone.c.digest).where(_tombstone.c.event_id.in_(IDS))
_DELETE_TOMBSTONES = delete(models.EventTombstoneRow).where(_tombstone.c.event_id.in_(IDS))
_KEEP_ROWS_DIGEST = text("UPDATE hash_chain SET rows_digest = :rows_digest WHERE last_id = :last_id")


def _build_batch_search() -> Select[Any]:
    """Return the query for the batches of some tombstones that have no events."""
    last = select(func.min(_chain.c.last_id)).where(_chain.c.last_id >= _tombstone.c.event_id)
    first = select(func.coalesce(func.max(_chain.c.last_id), 0) + 1).where(
        _chain.c.last_id < _tombstone.c.event_id
    )
    batches = select(first.scalar_subquery().label("first"), last.scalar_subquery().label("last"))
    touched = batches.where(_tombstone.c.event_id.in_(IDS)).distinct().subquery()
    has_events = exists().where(_event.c.id.between(touched.c.first, touched.c.last))
    return select(touched).where(touched.c.last.is_not(None), ~has_events)


_FIND_EMPTY_BATCHES = _build_batch_search()


def remove_events(connection: Connection, ids: Sequence[int]) -> None:
    """Remove events from the log, in a transaction that holds its lock.

    The last event must stay, because the next one is numbered after it. The search index and other
    tables are the caller's responsibility, and so is the number of ids: 500 take about 20 ms.

    Raises: ValueError if the last event is among them.
    """
    if ids and max(ids) >= (connection.scalar(_FIND_LAST) or 0):
        raise ValueError("the last event of the log cannot be removed")
    for chunk in in_chunks(ids):
        _bury(connection, chunk)
        collapse_batches(connection, chunk)


def _bury(connection: Connection, ids: Sequence[int]) -> None:
    """Replace events by tombstones.

    An event that the chain does not reach yet has no row digest. Nobody can have noted a digest
    over it, so any value will do.
    """
    digests = [
        (stored.id, stored.row_digest or Clock().random_bytes(DIGEST_BYTES))
        for stored in read_events_by_id(connection, ids)
    ]
    insert_rows(connection, models.EventTombstoneRow, ("event_id", "digest"), digests)
    connection.execute(_DELETE_COMMITMENTS, {"ids": ids})
    connection.execute(_DELETE_EVENTS, {"ids": ids})


def collapse_batches(connection: Connection, ids: Sequence[int]) -> None:
    """Replace the tombstones of batches that have no events left; `ids` are some of each batch.

    Most batches of a quiet server have one event, so all are replaced with few statements.
    """
    batches = _find_empty_batches(connection, ids)
    positions = [position for first, last in batches for position in range(first, last + 1)]
    row_digests = _read_tombstones(connection, positions)
    links = [
        {"last_id": last, "rows_digest": digest_rows(row_digests[n] for n in range(first, last + 1))}
        for first, last in batches
    ]
    if links:
        connection.execute(_KEEP_ROWS_DIGEST, links)
    for chunk in in_chunks(positions):
        connection.execute(_DELETE_TOMBSTONES, {"ids": chunk})


def _read_tombstones(connection: Connection, positions: Sequence[int]) -> dict[int, bytes]:
    """Return the row digests of removed events by position."""
    found: dict[int, bytes] = {}
    for chunk in in_chunks(positions):
        found |= {row.event_id: row.digest for row in connection.execute(_READ_TOMBSTONES, {"ids": chunk})}
    return found


def _find_empty_batches(connection: Connection, ids: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and last positions of the batches with these tombstones and no events."""
    return [(row.first, row.last) for row in connection.execute(_FIND_EMPTY_BATCHES, {"ids": ids})]
