"""A small log with batches of several sizes, of which parts were redacted, erased and removed."""

from sqlalchemy import update

from app.db.chain.erasure import erase_content, erase_people
from app.db.chain.removal import remove_events
from app.db.database import Database
from app.db.models import EventRow
from app.events import Event, Kind
from app.events.data import RedactedData
from tests.story import Story

_event = EventRow.__table__


def redact(story: Story, event_id: int) -> None:
    """Redact a message, as REDACT does."""
    story.record(Event(Kind.REDACTED, nick="anna", target="#tea", data=RedactedData(event_id)))


def anonymise(database: Database, ids: list[int]) -> None:
    """Erase who caused events."""
    with database.locked() as connection:
        erase_people(connection, ids)
        blank = {"session_id": None, "nick": "", "user": "", "host": "", "account": None, "target": None}
        connection.execute(update(_event).where(_event.c.id.in_(ids)).values(blank))


def erase(database: Database, ids: list[int]) -> None:
    """Erase what events contain."""
    with database.locked() as connection:
        erase_content(connection, ids)
        connection.execute(update(_event).where(_event.c.id.in_(ids)).values(text="", data=None))


def remove(database: Database, ids: list[int]) -> None:
    """Remove events."""
    with database.locked() as connection:
        remove_events(connection, ids)


def make_log(story: Story) -> int:
    """Record events 1 to 21, remove 4, 11 and 14 to 16, and return the id of the room."""
    room = story.create_room("#tea")  # 1
    story.say(
        room, "anna", *(f'word {number} \u0431\u044b\u043b\u043e \u2028 "\\' for number in range(4))
    )  # 2 to 5
    story.say(room, "bob", "a secret", account="bob")  # 6
    redact(story, 6)  # 7
    story.send_private("anna", "bob", "hi")  # 8
    story.connect("carol", address="192.0.2.7")  # 9
    story.say(room, "bob", "one", "two", "three", account="bob")  # 10 to 12
    redact(story, 3)  # 13
    story.say(room, "dave", "old", "older", "oldest")  # 14 to 16
    story.say(room, "dave", "a", "b", "c", "d")  # 17 to 20
    story.say(room, "anna", "the end")  # 21
    anonymise(story.database, [9, 12, 3])
    erase(story.database, [10, 17])
    remove(story.database, [4, 11, 14, 16])
    remove(story.database, [15])
    return room
