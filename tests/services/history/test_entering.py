"""Sessions that connect and join in batches leave the same rows as single events."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from app.db.log import Log
from app.db.models import AuditRow, MembershipRow, RoomVisitRow, SessionRow
from app.events import Event, Kind
from app.events.data import ConnectedData, JoinedData
from app.services.record import record
from tests.story import Story

PEOPLE = 1_100  # more than one statement inserts
ACCOUNTS = {1: "Anna", 2: "Anna", 7: "Bob"}  # Anna is here twice


def deed(kind: Kind, number: int, **fields: Any) -> Event:
    """Return the events of one session."""
    return Event(kind, session=number, nick=f"p{number}", account=ACCOUNTS.get(number), **fields)


def coming(number: int) -> Event:
    """Return the event that connects a session."""
    data = ConnectedData("192.0.2.1", f"Person {number}", "main")
    return deed(Kind.CONNECTED, number, user="u", host="h", data=data)


def entering(number: int, room: int, **marks: Any) -> Event:
    """Return the event that joins a session to a room."""
    data = JoinedData(f"Person {number}", "o" if number == 3 else "", **marks)
    return deed(Kind.JOINED, number, room=room, target="#tea", data=data)


def storm(tea: int, coffee: int) -> Iterator[Event]:
    """Yield the events of one batch, which are not only connections and joins."""
    for number in range(1, PEOPLE):
        yield coming(number)
        yield entering(number, tea)
        yield entering(number, coffee)
        if number % 300 == 1:
            yield deed(Kind.NICK, number, target=f"n{number}")
            yield deed(Kind.PARTED, number, room=tea)
            yield entering(number, tea, override=True)
        if number % 300 == 2:
            yield deed(Kind.QUIT, number)


def outcome(story: Story, batches: Iterable[Sequence[Event]]) -> list[tuple[object, ...]]:
    """Return the rows after recording batches, and roll back."""
    log = Log(story.clock)
    with story.database.connect_to_append() as connection:
        connection.begin()
        log.seek_to_end(connection)
        for events in batches:
            record(connection, log, events)
            log.mark_committed(events)
        found = list(content(connection))
        connection.rollback()
    return found


def content(connection: Connection) -> Iterator[tuple[object, ...]]:
    """Yield the rows of sessions and rooms, without generated ids of the audit log."""
    yield from connection.execute(select(SessionRow.__table__).order_by(SessionRow.id))
    yield from connection.execute(
        select(MembershipRow.__table__).order_by(MembershipRow.session_id, MembershipRow.room_id)
    )
    yield from connection.execute(
        select(RoomVisitRow.__table__).order_by(RoomVisitRow.party, RoomVisitRow.room_id)
    )
    yield from connection.execute(
        select(AuditRow.action, AuditRow.actor, AuditRow.target, AuditRow.at).order_by(AuditRow.id)
    )


def test_batched_events_leave_the_same_rows_as_single_events(story: Story) -> None:
    story.create_account("Anna")
    story.create_account("Bob")
    rooms = story.create_room("#tea"), story.create_room("#coffee")
    together = outcome(story, [list(storm(*rooms))])
    assert len(together) > 4 * PEOPLE
    assert together == outcome(story, ([event] for event in storm(*rooms)))
