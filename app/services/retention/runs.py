"""Runs of retention by `chat-admin`: what would be removed, and its removal.

A run works beside a running server: each step holds the log's lock for some milliseconds, and
between the steps the server may take it.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import Clock
from app.db.database import Database
from app.db.log import Log
from app.db.models import RoomRetentionRow, RoomRow
from app.progress import Advance
from app.services.record import record
from app.services.retention.expiry import (
    ExpiryCounts,
    ExpiryPass,
    RemovedCounts,
    count_expired,
    make_expiry_event,
)
from app.services.retention.overview import DIRECT
from app.services.retention.policies import RetentionDefaults
from app.services.retention.scopes import RangeWalk
from app.services.space import reclaim

PAUSE_SECONDS = 0.01  # between two steps, for a server to take the log's lock


@dataclass(frozen=True, slots=True)
class RemovedHistory:
    """What is removed from a room, or from all private conversations."""

    history: str
    messages: int
    other_events: int


def plan_run(session: Session, clock: Clock, defaults: RetentionDefaults) -> list[RemovedHistory]:
    """Return what a run would remove now."""
    connection, now, counts = session.connection(), clock.now(), ExpiryCounts()
    walk = RangeWalk(connection, defaults)
    while (range_ := walk.next(connection)) is not None:
        cutoff = range_.find_cutoff(connection, defaults, now)
        found = (0, 0) if cutoff is None else count_expired(connection, range_, cutoff)
        if any(found):
            counts.of(range_).add(*found)
    return _report(session, counts)


def run(
    database: Database,
    clock: Clock,
    actor: str,
    defaults: RetentionDefaults,
    advance: Advance,
) -> list[RemovedHistory]:
    """Remove what has expired, record the run, and reclaim the space; return what was removed.

    `advance` is called with the number of events removed in each step. If the run is interrupted,
    the next one, or the server, continues.
    """
    expiry = ExpiryPass(defaults, clock.now(), actor)
    while not expiry.is_complete:
        with database.locked() as connection:
            step = expiry.step(connection)
        advance(step.events)
        time.sleep(PAUSE_SECONDS)
    if expiry.counts.events:
        log = Log(clock)
        with database.locked(log.has_last_batch) as connection:
            log.seek_to_end(connection)
            record(connection, log, [make_expiry_event(expiry.counts, actor)])
        reclaim(database)
    with database.reading() as session:
        return _report(session, expiry.counts)


def _report(session: Session, counts: ExpiryCounts) -> list[RemovedHistory]:
    names = _names(session)
    rooms = [(names.get(room, f"#{room}"), found) for room, found in counts.rooms.items()]
    named = [*sorted(rooms, key=lambda item: item[0]), (DIRECT, counts.direct)]
    return [_line(name, found) for name, found in named if found.events]


def _line(name: str, found: RemovedCounts) -> RemovedHistory:
    return RemovedHistory(name, found.messages, found.others)


def _names(session: Session) -> Mapping[int, str]:
    """Return the names of the rooms, and of deleted rooms as far as they are known."""
    deleted = session.execute(select(RoomRetentionRow.room_id, RoomRetentionRow.name))
    rooms = session.execute(select(RoomRow.id, RoomRow.name))
    return {row[0]: row[1] for found in (deleted, rooms) for row in found}
