"""Appends events to the log and updates the tables from them.

The engine and `chat-admin` record all events here, while they hold the log's lock. Each kind of
event that changes tables has projections, one for each concern.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy import Connection

from app.db.log import Log
from app.db.notifications import Channel, notify
from app.events import MESSAGES, Event
from app.services.projections.table import BATCH_PROJECTIONS, PROJECTIONS


def record(connection: Connection, log: Log, events: Sequence[Event]) -> None:
    """Record the events, in the caller's transaction, and notify the servers on the database."""
    record_silently(connection, log, events)
    announce(connection, events)


def announce(connection: Connection, events: Sequence[Event]) -> None:
    """Notify the servers on the database of events, once the transaction is committed."""
    if events:
        notify(connection, Channel.LOG, str(events[-1].id))


def record_silently(connection: Connection, log: Log, events: Sequence[Event]) -> None:
    """Append the events and run their projections, in the caller's transaction."""
    log.append(connection, events)
    # Messages in rooms, the most frequent events, change no table.
    projected = [event for event in events if event.room is None or event.kind not in MESSAGES]
    for is_batch, run in groupby(projected, lambda event: event.kind in BATCH_PROJECTIONS):
        if is_batch:
            _project_batch(connection, list(run))
        else:
            _project(connection, run)


def _project_batch(connection: Connection, events: Sequence[Event]) -> None:
    for kind, projections in BATCH_PROJECTIONS.items():
        if of_kind := [event for event in events if event.kind is kind]:
            for project in projections:
                project(connection, of_kind)


def _project(connection: Connection, events: Iterable[Event]) -> None:
    for event in events:
        for project in PROJECTIONS[event.kind]:
            project(connection, event)
