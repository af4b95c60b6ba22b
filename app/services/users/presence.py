"""Queries for online sessions."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session

from app.db.models import MembershipRow, SessionRow
from app.errors import NotFound
from app.wire.names import Key, fold

_LATEST_LOGINS = (
    select(SessionRow.address, SessionRow.account)
    .where(SessionRow.account.is_not(None))
    .order_by(SessionRow.id.desc())
    .limit(bindparam("limit"))
)


def list_online_sessions(orm: Session) -> Sequence[SessionRow]:
    """Return the online sessions in the order in which they connected."""
    return orm.scalars(
        select(SessionRow).where(SessionRow.disconnected.is_(None)).order_by(SessionRow.id)
    ).all()


def load_recent_logins(connection: Connection, limit: int) -> list[tuple[str, Key]]:
    """Return (address, account) for the latest `limit` logged-in sessions, newest last."""
    rows = connection.execute(_LATEST_LOGINS, {"limit": limit})
    return [(address, fold(account or "")) for address, account in rows][::-1]


def get_online_sessions(orm: Session, name: str) -> list[SessionRow]:
    """Return the online sessions whose nick or account is the given name.

    Raises: NotFound when there are none.
    """
    key = fold(name)
    found = [
        session
        for session in list_online_sessions(orm)
        if fold(session.nick) == key or (session.account is not None and fold(session.account) == key)
    ]
    if not found:
        raise NotFound(f"{name} is not online; `chat-admin user list --online` lists online users.")
    return found


def is_in_room(orm: Session, session: SessionRow, room_id: int) -> bool:
    """Return whether a session is in a room."""
    return orm.get(MembershipRow, (session.id, room_id)) is not None
