"""Names of rooms and accounts that begin with what was typed, for shell completion."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import AccountRow, RoomRow
from app.wire.names import caseless

MAX_NAMES = 200  # offered at once


def list_room_names(session: Session, start: str) -> list[str]:
    """Return the names of rooms that begin with a text, in any case, in the order of names."""
    query = select(RoomRow.name).where(RoomRow.key.startswith(caseless(start), autoescape=True))
    return list(session.scalars(query.order_by(RoomRow.key).limit(MAX_NAMES)))


def list_account_names(session: Session, start: str) -> list[str]:
    """Return the names of accounts that begin with a text, in any case, in the order of names."""
    query = select(AccountRow.name).where(AccountRow.key.startswith(caseless(start), autoescape=True))
    return list(session.scalars(query.order_by(AccountRow.key).limit(MAX_NAMES)))
