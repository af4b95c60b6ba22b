"""Recording: events enter the log, and the tables are brought up to what the events say.

This is the one way in, for the server's engine and for `chat-admin` alike. The caller holds the log's lock.
Each kind of event that changes tables has small functions in `projections`, one for each concern; kinds
without one only have their row.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy import Connection

from app.db.log import Log
from app.events import Event
from app.services import projections  # noqa: F401  fills the table
from app.services.projections.registry import ENTERING, PROJECTIONS


def record(connection: Connection, log: Log, events: Sequence[Event]) -> None:
    """Append the events and bring the tables up to date, all in the caller's transaction."""
    log.append(connection, events)
    for is_entering, run in groupby(events, lambda event: event.kind in ENTERING):
        if is_entering:
            _enter(connection, list(run))
        else:
            _project(connection, run)


def _enter(connection: Connection, events: Sequence[Event]) -> None:
    for kind, gatherings in ENTERING.items():
        if of_kind := [event for event in events if event.kind is kind]:
            for gathering in gatherings:
                gathering(connection, of_kind)


def _project(connection: Connection, events: Iterable[Event]) -> None:
    for event in events:
        for projection in PROJECTIONS.get(event.kind, ()):
            projection(connection, event)
