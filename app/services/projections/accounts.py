"""Projections for accounts, applications, client certificates, invitations and server bans."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, update

from app.db.models import AccountRow, ApplicationRow, BanRow, CertificateRow, InvitationRow
from app.events import Applicant, Event, Kind, PasswordHashes, get_secret
from app.events.data import (
    AccountChangedData,
    AccountDeletedData,
    AccountRenamedData,
    AppliedData,
    BannedData,
    CertificateData,
    InvitationData,
    RegisteredData,
    RevokedData,
)
from app.services.accounts.name_reservations import store_reservation
from app.services.accounts.names import rename_account
from app.services.erasure.beginning import begin_account_erasure
from app.services.projections.projection import Projection
from app.wire.names import fold


def _registered(connection: Connection, event: Event) -> None:
    data, credentials = RegisteredData.of(event), get_secret(event, PasswordHashes)
    connection.execute(
        insert(AccountRow).values(
            id=data.id,
            name=event.account,
            key=fold(event.account or ""),
            password_hash=credentials.password_hash,
            scram=credentials.scram,
            role=data.role,
            created=event.at,
            disabled=False,
            email=credentials.email,
        )
    )
    connection.execute(delete(ApplicationRow).where(ApplicationRow.key == fold(event.account or "")))
    if data.invitation is not None:
        used = update(InvitationRow).where(InvitationRow.id == data.invitation)
        connection.execute(used.values(used=InvitationRow.used + 1))


def _applied(connection: Connection, event: Event) -> None:
    data = AppliedData.of(event)
    applicant = get_secret(event, Applicant)
    connection.execute(delete(ApplicationRow).where(ApplicationRow.expires <= event.at))
    connection.execute(
        insert(ApplicationRow).values(
            id=data.id,
            name=event.account,
            key=fold(event.account or ""),
            digest=applicant.digest,
            email=applicant.credentials.email,
            password_hash=applicant.credentials.password_hash,
            scram=applicant.credentials.scram,
            created=event.at,
            expires=data.expires,
        )
    )


def _account_changed(connection: Connection, event: Event) -> None:
    data = AccountChangedData.of(event)
    new = {"role": data.role, "disabled": data.disabled, "always_on": data.always_on}
    values: dict[str, object] = {name: value for name, value in new.items() if value is not None}
    if isinstance(event.secret, PasswordHashes):
        values |= {"password_hash": event.secret.password_hash, "scram": event.secret.scram}
    if values:
        connection.execute(update(AccountRow).where(AccountRow.id == data.id).values(values))


def _account_deleted(connection: Connection, event: Event) -> None:
    """Delete an account and its credentials; the rest is erased in steps (`services.erasure`)."""
    data = AccountDeletedData.of(event)
    begin_account_erasure(connection, event, data)
    if data.reserved is not None:
        store_reservation(connection, data.reserved, data.until, event.at)


def _account_renamed(connection: Connection, event: Event) -> None:
    data = AccountRenamedData.of(event)
    rename_account(connection, event, data.id)
    if data.reserved is not None:
        store_reservation(connection, data.reserved, data.until, event.at)


def _certificate_added(connection: Connection, event: Event) -> None:
    data = CertificateData.of(event)
    row = {"fingerprint": data.fingerprint, "account_id": data.id, "added": event.at}
    connection.execute(insert(CertificateRow).values(row))


def _certificate_removed(connection: Connection, event: Event) -> None:
    data = CertificateData.of(event)
    here = CertificateRow.fingerprint == data.fingerprint
    connection.execute(delete(CertificateRow).where(here, CertificateRow.account_id == data.id))


def _invitation_made(connection: Connection, event: Event) -> None:
    data = InvitationData.of(event)
    connection.execute(
        insert(InvitationRow).values(
            id=data.id,
            name=event.target,
            digest=data.digest,
            uses=data.uses,
            used=0,
            by=event.nick,
            created=event.at,
            expires=data.expires,
        )
    )


def _invitation_revoked(connection: Connection, event: Event) -> None:
    connection.execute(delete(InvitationRow).where(InvitationRow.id == RevokedData.of(event).id))


def _banned(connection: Connection, event: Event) -> None:
    data = BannedData.of(event)
    connection.execute(
        insert(BanRow).values(
            id=data.id,
            type=data.type,
            mask=event.target,
            reason=event.text,
            by=event.account or event.nick,
            created=event.at,
            expires=data.expires,
        )
    )


def _unbanned(connection: Connection, event: Event) -> None:
    connection.execute(delete(BanRow).where(BanRow.id == RevokedData.of(event).id))


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.REGISTERED: _registered,
    Kind.APPLIED: _applied,
    Kind.ACCOUNT_CHANGED: _account_changed,
    Kind.ACCOUNT_DELETED: _account_deleted,
    Kind.ACCOUNT_RENAMED: _account_renamed,
    Kind.CERTIFICATE_ADDED: _certificate_added,
    Kind.CERTIFICATE_REMOVED: _certificate_removed,
    Kind.INVITATION_MADE: _invitation_made,
    Kind.INVITATION_REVOKED: _invitation_revoked,
    Kind.BANNED: _banned,
    Kind.UNBANNED: _unbanned,
}
