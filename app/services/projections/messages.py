"""Messages: who corresponds with whom, what was taken back, and how far somebody has read."""

from sqlalchemy import Connection, delete, insert, select, update

from app.db.fulltext import fulltext_of
from app.db.models import Correspondent, ReadMarker
from app.db.models import Event as Row
from app.events import Event, Kind
from app.services.projections.declare import projects
from app.wire.names import fold


@projects(Kind.PRIVMSG)
@projects(Kind.NOTICE)
@projects(Kind.TAGMSG)
def _message(connection: Connection, event: Event) -> None:
    if "parties" not in event.data:
        return
    mine, theirs = event.data["parties"]
    _correspond(connection, event, mine, event.target or "")
    if theirs != mine:
        _correspond(connection, event, theirs, event.nick)


def _correspond(connection: Connection, event: Event, party: str, name: str) -> None:
    changed = connection.execute(
        update(Correspondent)
        .where(Correspondent.party == party, Correspondent.conversation == event.conversation)
        .values(name=name, key=fold(name), last_at=event.at)
    )
    if not changed.rowcount:
        connection.execute(
            insert(Correspondent).values(
                party=party,
                conversation=event.conversation,
                name=name,
                key=fold(name),
                last_at=event.at,
            )
        )


@projects(Kind.REDACTED)
def _redacted(connection: Connection, event: Event) -> None:
    """Blank the message where it stands: its place in the log stays, what it said goes."""
    here = Row.id == event.data["event"]
    fulltext_of(connection).remove(connection, event.data["event"])
    data = connection.execute(select(Row.data).where(here)).scalar_one_or_none() or {}
    kept = {name: value for name, value in data.items() if name in ("parties", "imported", "author")}
    connection.execute(update(Row).where(here).values(text="", data=kept | {"redacted": event.id}))


@projects(Kind.MARKED)
def _marked(connection: Connection, event: Event) -> None:
    party, target = event.data["party"], fold(event.target or "")
    connection.execute(delete(ReadMarker).where(ReadMarker.party == party, ReadMarker.target == target))
    connection.execute(insert(ReadMarker).values(party=party, target=target, at=event.data["instant"]))
