"""The rows deleted with an account at once: itself, and what identifies its owner at login."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, select, update

from app.db import models
from app.services.erasure.subject import ErasedAccount


@dataclass(frozen=True)
class Credential:
    """Rows that are deleted with the account, by its id or its name."""

    model: Any
    condition: Callable[[ErasedAccount], ColumnElement[bool]]


def _named_sessions(account: ErasedAccount) -> Select[int]:
    """Return the sessions that are logged in to the account, or were when they ended."""
    return select(models.SessionRow.id).where(models.SessionRow.account == account.name)


def _of_sessions(model: Any) -> Credential:
    return Credential(model, lambda account: model.session_id.in_(_named_sessions(account)))


_SESSION_TABLES = (
    models.MembershipRow,
    models.SessionNodeRow,
    models.SessionMetadataRow,
    models.RoomInvitationRow,
)
CREDENTIALS: Sequence[Credential] = (
    Credential(models.CertificateRow, lambda account: models.CertificateRow.account_id == account.id),
    Credential(models.AccountMetadataRow, lambda account: models.AccountMetadataRow.account_id == account.id),
    Credential(models.PrivateMetadataRow, lambda account: models.PrivateMetadataRow.party == account.party),
    Credential(models.RoomRoleRow, lambda account: models.RoomRoleRow.account_id == account.id),
    Credential(models.FormerNameRow, lambda account: models.FormerNameRow.account_id == account.id),
    Credential(models.ApplicationRow, lambda account: models.ApplicationRow.key.in_(account.keys)),
    *map(_of_sessions, _SESSION_TABLES),
    Credential(models.AccountRow, lambda account: models.AccountRow.id == account.id),
)


def delete_credentials(connection: Connection, account: ErasedAccount, now: int) -> dict[str, int]:
    """Delete the account, and end its sessions; return the number of deleted rows by table."""
    online = and_(
        models.SessionRow.disconnected.is_(None), models.SessionRow.id.in_(_named_sessions(account))
    )
    connection.execute(update(models.SessionRow).where(online).values(disconnected=now))
    return {
        entry.model.__tablename__: connection.execute(
            delete(entry.model).where(entry.condition(account))
        ).rowcount
        for entry in CREDENTIALS
    }


def count_credentials(connection: Connection, account: ErasedAccount) -> dict[str, int]:
    """Return the number of rows by table that `delete_credentials` would delete."""
    counted = {}
    for entry in CREDENTIALS:
        query = select(func.count()).select_from(entry.model).where(entry.condition(account))
        counted[entry.model.__tablename__] = connection.scalar(query) or 0
    return counted
