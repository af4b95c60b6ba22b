"""Replays the events of a log in pages, to build the tables that are derived from it."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Select, and_, not_, select
from sqlalchemy.exc import SQLAlchemyError

from app.db.log import from_row
from app.db.models import SPOKEN, EventRow
from app.db.savepoint import savepoint
from app.errors import ChatError
from app.events import Event
from app.services.projections.table import BATCH_PROJECTIONS, TABLE_PROJECTIONS
from app.services.replay.placeholders import add_placeholder

EVENTS_PER_PAGE = 2_000
MAX_FAILURES = 20
_FAILURES = (SQLAlchemyError, ChatError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

_table = EventRow.__table__
# Messages in rooms, the most frequent events, change no table.
_IS_ROOM_MESSAGE = and_(SPOKEN, EventRow.room_id.is_not(None))
_CHANGES = select(_table).where(not_(_IS_ROOM_MESSAGE)).order_by(EventRow.id)


def replay(connection: Connection, begin: int, end: int | None) -> list[str]:
    """Apply the projections of the events after `begin`, up to `end` or the end of the log.

    Return a sentence for each event that cannot be replayed, such as one that changes what the
    events before it do not create.
    """
    failures: list[str] = []
    for page in _read(connection, begin, end):
        if not _is_projected(connection, page):
            found = list(_project_singly(connection, page))
            failures += found[: MAX_FAILURES - len(failures)]
    return failures


def _is_projected(connection: Connection, events: Sequence[Event]) -> bool:
    """Project the events of a page, or none of them if one fails."""
    try:
        with savepoint(connection):
            for event in events:
                _project(connection, add_placeholder(event))
    except _FAILURES:
        return False
    return True


def _project_singly(connection: Connection, events: Sequence[Event]) -> Iterator[str]:
    """Project the events that can be, and yield a sentence for each other one."""
    for event in events:
        try:
            with savepoint(connection):
                _project(connection, add_placeholder(event))
        except _FAILURES as error:
            yield f"Event {event.id} ({event.kind}) cannot be replayed ({_name(error)})."


def _name(error: Exception) -> str:
    return type(getattr(error, "orig", None) or error).__name__


def _read(connection: Connection, begin: int, end: int | None) -> Iterator[Sequence[Event]]:
    while page := _read_page(connection, begin, end):
        yield page
        begin = page[-1].id


def _read_page(connection: Connection, begin: int, end: int | None) -> Sequence[Event]:
    query: Select[tuple[object, ...]] = _CHANGES.where(EventRow.id > begin).limit(EVENTS_PER_PAGE)
    if end is not None:
        query = query.where(EventRow.id <= end)
    return [from_row(row) for row in connection.execute(query)]


def _project(connection: Connection, event: Event) -> None:
    if event.kind in BATCH_PROJECTIONS:
        for project_batch in BATCH_PROJECTIONS[event.kind]:
            project_batch(connection, [event])
    else:
        for project in TABLE_PROJECTIONS[event.kind]:
            project(connection, event)
