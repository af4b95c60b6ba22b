"""Extends the chain over events that it does not reach: those from before an upgrade.

Each step is a transaction of its own, so the build continues after any interruption where it was.
Links that do not reach the end of the log are marked as partial: only after those may there be
events without salts.
"""

import logging
from collections.abc import Sequence
from itertools import islice

from sqlalchemy import Connection, func, select

from app.clock import Clock, Timer
from app.db import models
from app.db.chain.digests import SALT_BYTES, START, digest_chain, digest_rows, split_salts
from app.db.chain.entries import LogEntry, read_entries
from app.db.chain.links import Position, read_head
from app.db.chain.removal import collapse_batches
from app.db.chain.rows import StoredEvent
from app.db.chain.salts import store_salts
from app.db.database import Database
from app.db.insertion import insert_rows
from app.progress import Advance

EVENTS_PER_LINK = 256
EVENTS_PER_STEP = 4_096  # while no server is running
STEP_SECONDS = 0.05  # after which a step ends early: it holds the log's lock
PAGE_ENTRIES = 1_024  # read in one query

_event = models.EventRow.__table__.c
_chain = models.HashChainRow.__table__

logger = logging.getLogger(__name__)


def build_chain(database: Database, clock: Clock, advance: Advance = lambda events: None) -> int:
    """Extend the chain to the end of the log; return the number of positions it was extended by.

    `advance` receives the number of positions since its last call.
    """
    total = 0
    while True:
        with database.locked() as connection:
            count = extend_chain(connection, clock, EVENTS_PER_STEP)
        if not count:
            return total
        total += count
        advance(count)


def count_unchained(connection: Connection) -> int:
    """Return the number of positions that the chain does not reach."""
    return max(0, _read_end(connection) - read_head(connection).last_id)


def extend_chain(connection: Connection, clock: Clock, max_events: int) -> int:
    """Extend the chain over the next events, in a transaction that holds the log's lock.

    A step ends after `max_events`, or with the first link after STEP_SECONDS. Return the number of
    positions by which the chain was extended; 0 if it reaches the end of the log.
    """
    start, last_id = read_head(connection), _read_end(connection)
    if start.last_id >= last_id:
        return 0
    _warn_if_complete(connection, start.last_id, last_id)
    pages = read_entries(connection, start.last_id, last_id, min(max_events, PAGE_ENTRIES))
    entries = islice(pages, max_events)
    end, time_limit = start, Timer(clock, STEP_SECONDS)
    while batch := list(islice(entries, EVENTS_PER_LINK)):
        end = _add_link(connection, clock, end, batch, last_id)
        if time_limit.is_due():
            break
    return end.last_id - start.last_id


def _read_end(connection: Connection) -> int:
    last_id: int | None = connection.scalar(select(func.max(_event.id)))
    return last_id or 0


def _warn_if_complete(connection: Connection, head: int, last_id: int) -> None:
    """Log a warning if the chain had reached the end of the log before: others added events."""
    is_partial = connection.execute(select(_chain.c.is_partial).where(_chain.c.last_id == head)).first()
    if is_partial is not None and not is_partial[0]:
        logger.warning(
            "Another program added the events %d to %d to the log, without digests.", head + 1, last_id
        )


def _add_link(
    connection: Connection, clock: Clock, head: Position, batch: Sequence[LogEntry], last_id: int
) -> Position:
    events = _add_salts(connection, clock, [entry.event for entry in batch if entry.event is not None])
    digests = {entry.id: entry.tombstone for entry in batch} | {
        event.id: event.row_digest for event in events
    }
    rows_digest = digest_rows(digest or START for digest in digests.values())
    end = Position(batch[-1].id, digest_chain(head.digest, rows_digest))
    link = (*end, True if end.last_id < last_id else None)
    insert_rows(connection, models.HashChainRow, ("last_id", "digest", "is_partial"), [link])
    collapse_batches(connection, [entry.id for entry in batch if entry.event is None])
    return end


def _add_salts(connection: Connection, clock: Clock, events: Sequence[StoredEvent]) -> list[StoredEvent]:
    """Store a pair of salts for each event that has none; return the events with their salts."""
    salts = split_salts(clock.random_bytes(2 * SALT_BYTES * len(events)))
    salted = [event.with_salts(*pair) for event, pair in zip(events, salts, strict=True)]
    store_salts(connection, salted)
    return salted
