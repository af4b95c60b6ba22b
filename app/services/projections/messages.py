"""Messages: who corresponds with whom, what was taken back, and how far somebody has read."""

from sqlalchemy import Connection, delete, insert, select, text, update

from app.db.fulltext import fulltext_of
from app.db.models import EventRow, ReadMarkerRow
from app.events import Event, Kind
from app.services.projections.registry import projects
from app.wire.names import fold

# One statement for both sides, whether they have written to each other before or not; both databases know it. To make
# an update, and perhaps an insert, anew for each side was four fifths of what a private message cost.
_CORRESPOND = text(
    """
    INSERT INTO correspondent (party, conversation, name, "key", last_at)
    VALUES (:party, :conversation, :name, :key, :last_at)
    ON CONFLICT (party, conversation)
    DO UPDATE SET name = excluded.name, "key" = excluded."key", last_at = excluded.last_at
    """
)


@projects(Kind.PRIVMSG)
@projects(Kind.NOTICE)
@projects(Kind.TAGMSG)
def _message(connection: Connection, event: Event) -> None:
    if "parties" not in event.data:
        return
    mine, theirs = event.data["parties"]
    names = {theirs: event.nick, mine: event.target or ""}  # whom each of them knows it by; one may be both
    rows = [
        {
            "party": party,
            "conversation": event.conversation,
            "name": name,
            "key": fold(name),
            "last_at": event.at,
        }
        for party, name in names.items()
    ]
    connection.execute(_CORRESPOND, rows)


@projects(Kind.REDACTED)
def _redacted(connection: Connection, event: Event) -> None:
    """Blank the message where it stands: its place in the log stays, what it said goes."""
    here = EventRow.id == event.data["event"]
    fulltext_of(connection).remove(connection, event.data["event"])
    data = connection.execute(select(EventRow.data).where(here)).scalar_one_or_none() or {}
    kept = {name: value for name, value in data.items() if name in ("parties", "imported", "author")}
    connection.execute(update(EventRow).where(here).values(text="", data=kept | {"redacted": event.id}))


@projects(Kind.MARKED)
def _marked(connection: Connection, event: Event) -> None:
    party, target = event.data["party"], fold(event.target or "")
    connection.execute(
        delete(ReadMarkerRow).where(ReadMarkerRow.party == party, ReadMarkerRow.target == target)
    )
    connection.execute(insert(ReadMarkerRow).values(party=party, target=target, at=event.data["instant"]))
