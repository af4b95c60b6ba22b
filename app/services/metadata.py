"""Queries for the metadata of accounts and rooms (IRCv3 `metadata`)."""

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from app.db.models import AccountMetadataRow, PrivateMetadataRow, RoomMetadataRow
from app.wire.names import Key


def get_account_metadata(session: Session, account: int) -> dict[str, str]:
    """Return the metadata of an account by key."""
    query = select(AccountMetadataRow.key, AccountMetadataRow.value).where(
        AccountMetadataRow.account_id == account
    )
    return {row.key: row.value for row in session.execute(query.order_by(AccountMetadataRow.key))}


def get_room_metadata(session: Session, room: int) -> dict[str, str]:
    """Return the metadata of a room by key."""
    query = select(RoomMetadataRow.key, RoomMetadataRow.value).where(RoomMetadataRow.room_id == room)
    return {row.key: row.value for row in session.execute(query.order_by(RoomMetadataRow.key))}


def load_private_metadata(connection: Connection, party: str) -> dict[tuple[Key, str], str]:
    """Return the values that a party keeps, by folded target and key."""
    query = select(PrivateMetadataRow.target, PrivateMetadataRow.key, PrivateMetadataRow.value)
    query = query.where(PrivateMetadataRow.party == party)
    query = query.order_by(PrivateMetadataRow.target, PrivateMetadataRow.key)
    return {(Key(row.target), row.key): row.value for row in connection.execute(query)}
