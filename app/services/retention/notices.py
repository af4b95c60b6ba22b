"""The notice at the start of a history of which older events have expired.

It takes the place of the last event that was removed, with its id and time. Clients therefore sort
it correctly, recognise it when they receive it again, and may refer to it in further requests.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from app.db.models import ExpiredHistoryRow
from app.events import Event, Kind
from app.events.data import MessageData
from app.services.retention.scopes import room_scope

EXPIRED_TEXT = "Older history has expired. To see how long it is kept: /msg HistServ RETENTION"
_table = ExpiredHistoryRow.__table__.c


def find_expiry_notice(
    connection: Connection, room: int | None, conversations: Sequence[str]
) -> Event | None:
    """Return the notice for a room, or for conversations that are read together, or None."""
    scopes = conversations if room is None else [room_scope(room)]
    query = select(_table.scope, _table.position, _table.at).where(_table.scope.in_(scopes))
    row = max(connection.execute(query), key=lambda row: (row.at, row.position), default=None)
    if row is None:
        return None
    data = MessageData(parties=row.scope.split(" ")) if room is None else None
    return Event(Kind.NOTICE, room=room, text=EXPIRED_TEXT, data=data, id=row.position, at=row.at)
