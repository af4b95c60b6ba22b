"""Last visits: the log position at which a visitor last left a room.

A *visitor* is the identity under which a user returns: the account, and the nick with the host,
which is all that identifies a guest. Two guests with the same nick and host are one visitor. This
decides only which messages are replayed, never which may be read.
"""

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from app.db.lookup import IntegerLookup
from app.db.models import LastVisitRow, RoomVisitRow
from app.wire.names import fold

_visitor = LastVisitRow.visitor
_last_position = IntegerLookup(  # made for every client that joins
    select(func.max(LastVisitRow.until)).where(
        LastVisitRow.room_id == bindparam("room"),
        or_(_visitor == bindparam("first"), _visitor == bindparam("last")),
    )
)


def list_visitors(nick: str, host: str, account_id: int | None) -> tuple[str, ...]:
    """Return the identities of a user: the account, if any, and the nick with the host."""
    guest = f"{fold(nick)}!{host}"
    return (guest,) if account_id is None else (f"a{account_id}", guest)


def find_last_position(connection: Connection, room: int, visitors: tuple[str, ...]) -> int | None:
    """Return the log position up to which a visitor has seen a room, or None if never there."""
    return _last_position.find(connection, room=room, first=visitors[0], last=visitors[-1])


def list_last_rooms(connection: Connection, party: str) -> list[int]:
    """Return the rooms in which an account's latest visits ended with a session, the same for all.

    `party` identifies the account. Rooms that it has left or was kicked from are not among them.
    """
    query = (
        select(LastVisitRow.room_id, LastVisitRow.session_id, RoomVisitRow.since)
        .outerjoin(
            RoomVisitRow,
            and_(RoomVisitRow.party == LastVisitRow.visitor, RoomVisitRow.room_id == LastVisitRow.room_id),
        )
        .where(_visitor == party)
        .order_by(LastVisitRow.until.desc())
    )
    rows = connection.execute(query).all()
    return [room for room, session, since in rows if session == rows[0].session_id and since is not None]
