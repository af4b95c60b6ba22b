"""What accounts and rooms say of themselves for clients to show (METADATA). Reading only."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import AccountMetadata, RoomMetadata


def of_account(session: Session, account: int) -> dict[str, str]:
    """Return what an account says, by key."""
    query = select(AccountMetadata.key, AccountMetadata.value).where(AccountMetadata.account_id == account)
    return {row.key: row.value for row in session.execute(query.order_by(AccountMetadata.key))}


def of_room(session: Session, room: int) -> dict[str, str]:
    """Return what a room says, by key."""
    query = select(RoomMetadata.key, RoomMetadata.value).where(RoomMetadata.room_id == room)
    return {row.key: row.value for row in session.execute(query.order_by(RoomMetadata.key))}
