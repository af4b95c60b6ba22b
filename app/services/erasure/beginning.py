"""Begins the erasure of an account: what its deletion changes at once."""

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from app.db.models import AccountRow, ErasureRow
from app.events import Event
from app.events.data import AccountDeletedData
from app.services.erasure.credentials import delete_credentials
from app.services.erasure.subject import ErasedAccount, former_names, list_names


def begin_account_erasure(connection: Connection, event: Event, data: AccountDeletedData) -> None:
    """Delete an account with its credentials, and store what remains to be erased."""
    row = connection.execute(select(AccountRow.name).where(AccountRow.id == data.id)).one_or_none()
    if row is None:
        return
    names = list_names(connection.execute(former_names(data.id)).all(), row.name)
    connection.execute(
        insert(ErasureRow).values(
            id=event.id,
            kind="user",
            subject=data.id,
            names=names,
            messages=data.messages,
            pseudonym=event.nick,
            actor=data.actor,
            phase="sessions",
            position=0,
            counts={},
        )
    )
    stored: Row[Any] = connection.execute(select(ErasureRow.__table__).where(ErasureRow.id == event.id)).one()
    deleted = delete_credentials(connection, ErasedAccount.of(stored), event.at)
    counts = {table: {"removed": number} for table, number in deleted.items() if number}
    connection.execute(update(ErasureRow).where(ErasureRow.id == event.id).values(counts=counts))
