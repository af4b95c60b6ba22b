"""Pages of history: a bounded stretch of the log, before, after or around a place in it.

Places are positions in the log or instants; both order a room's events alike, because an instant is used once
only in a room. Every query uses one of the indexes (room, id), (room, at), (conversation, id),
(conversation, at), so a page costs the same in a small room and a large one.
"""

from sqlalchemy import Connection, select

from app.db.log import from_row
from app.db.models import Event as Row
from app.events import MESSAGES, Event

_table = Row.__table__


def latest_messages(connection: Connection, room: int, limit: int) -> list[Event]:
    """Return the last messages of a room, oldest first."""
    query = (
        select(_table)
        .where(_table.c.room_id == room, _table.c.kind.in_(MESSAGES))
        .order_by(_table.c.id.desc())
        .limit(limit)
    )
    return [from_row(row) for row in reversed(connection.execute(query).all())]
