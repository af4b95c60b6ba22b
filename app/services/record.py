"""Recording: events enter the log, and the tables are brought up to what the events say.

This is the one way in, for the server's engine and for `chat-admin` alike. The caller holds the log's lock.
Each kind of event that changes a table has one small function in `projections`; kinds without one only have
their row.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from app.clock import Clock
from app.db.database import Database
from app.db.log import Log
from app.events import Event
from app.services import projections  # noqa: F401  fills the table
from app.services.projections.declare import PROJECTIONS


def record(connection: Connection, log: Log, events: Sequence[Event]) -> None:
    """Append the events and bring the tables up to date, all in the caller's transaction."""
    log.append(connection, events)
    for event in events:
        projection = PROJECTIONS.get(event.kind)
        if projection is not None:
            projection(connection, event)


def record_now(database: Database, clock: Clock, events: Sequence[Event]) -> None:
    """Record events in a transaction of their own; for programs that are not the server's engine."""
    log = Log(clock)
    with database.locked() as connection:
        log.start_at_end(connection)
        record(connection, log, events)
