"""Projections for the correspondents of private messages, and for read markers."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, text

from app.db.models import ReadMarkerRow
from app.events import Event, Kind
from app.events.data import MarkedData, MessageData
from app.services.projections.projection import Projection
from app.wire.names import fold

# One upsert for both parties, in syntax that SQLite and PostgreSQL share. An update for each party,
# followed by an insert if necessary, took 80 % of the time of a private message.
_UPSERT_CORRESPONDENT = text(
    """
    INSERT INTO correspondent (party, conversation, name, "key", last_at)
    VALUES (:party, :conversation, :name, :key, :last_at)
    ON CONFLICT (party, conversation)
    DO UPDATE SET name = excluded.name, "key" = excluded."key", last_at = excluded.last_at
    """
)


def _message(connection: Connection, event: Event) -> None:
    if not isinstance(event.data, MessageData) or event.data.parties is None:
        return
    sender, recipient = event.data.parties  # equal if a user messages themselves
    names = {recipient: event.nick, sender: event.target or ""}  # by party
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
    connection.execute(_UPSERT_CORRESPONDENT, rows)


def _marked(connection: Connection, event: Event) -> None:
    data = MarkedData.of(event)
    party, target = data.party, fold(event.target or "")
    connection.execute(
        delete(ReadMarkerRow).where(ReadMarkerRow.party == party, ReadMarkerRow.target == target)
    )
    connection.execute(insert(ReadMarkerRow).values(party=party, target=target, at=data.instant))


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.PRIVMSG: _message,
    Kind.NOTICE: _message,
    Kind.TAGMSG: _message,
    Kind.MARKED: _marked,
}
