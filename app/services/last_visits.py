"""Last visits: how far in the log a visitor had followed a room when they last left it.

A *visitor* is the identity under which a user returns: the account, and the nick with the host,
which is all that identifies a guest. Two guests with the same nick and host are one visitor. This
decides only which messages are replayed, never which may be read.
"""

from sqlalchemy import Connection, bindparam, func, or_, select

from app.db.models import LastVisitRow
from app.wire.names import fold

_visitor = LastVisitRow.visitor
_FIND = select(func.max(LastVisitRow.until)).where(
    LastVisitRow.room_id == bindparam("room"),
    or_(_visitor == bindparam("first"), _visitor == bindparam("last")),
)


def list_visitors(nick: str, host: str, account_id: int | None) -> tuple[str, ...]:
    """Return the identities of a user: the account, if any, and the nick with the host."""
    guest = f"{fold(nick)}!{host}"
    return (guest,) if account_id is None else (f"a{account_id}", guest)


def find_last_position(connection: Connection, room: int, visitors: tuple[str, ...]) -> int | None:
    """Return the log position up to which a visitor has seen a room, or None if never there."""
    return connection.scalar(_FIND, {"room": room, "first": visitors[0], "last": visitors[-1]})
