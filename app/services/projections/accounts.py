"""Accounts, invitations to make them, and bans from the server."""

from sqlalchemy import Connection, delete, insert, update

from app.db.models import AccountRow, ApplicationRow, BanRow, CertificateRow, InvitationRow
from app.events import Event, Kind
from app.services.projections.registry import projects
from app.wire.names import fold


@projects(Kind.REGISTERED)
def _registered(connection: Connection, event: Event) -> None:
    connection.execute(
        insert(AccountRow).values(
            id=event.data["id"],
            name=event.account,
            key=fold(event.account or ""),
            password_hash=event.secret.password_hash,
            scram=event.secret.scram,
            role=event.data["role"],
            created=event.at,
            disabled=False,
            email=event.secret.email,
        )
    )
    connection.execute(delete(ApplicationRow).where(ApplicationRow.key == fold(event.account or "")))
    if "invitation" in event.data:
        used = update(InvitationRow).where(InvitationRow.id == event.data["invitation"])
        connection.execute(used.values(used=InvitationRow.used + 1))


@projects(Kind.APPLIED)
def _applied(connection: Connection, event: Event) -> None:
    applicant = event.secret
    connection.execute(delete(ApplicationRow).where(ApplicationRow.expires <= event.at))
    connection.execute(
        insert(ApplicationRow).values(
            id=event.data["id"],
            name=event.account,
            key=fold(event.account or ""),
            digest=applicant.digest,
            email=applicant.credentials.email,
            password_hash=applicant.credentials.password_hash,
            scram=applicant.credentials.scram,
            created=event.at,
            expires=event.data["expires"],
        )
    )


@projects(Kind.ACCOUNT_CHANGED)
def _account_changed(connection: Connection, event: Event) -> None:
    values: dict[str, object] = {
        name: event.data[name] for name in ("role", "disabled", "always_on") if name in event.data
    }
    if event.secret is not None:
        values |= {"password_hash": event.secret.password_hash, "scram": event.secret.scram}
    if values:
        connection.execute(update(AccountRow).where(AccountRow.id == event.data["id"]).values(values))


@projects(Kind.CERTIFICATE_ADDED)
def _certificate_added(connection: Connection, event: Event) -> None:
    row = {"fingerprint": event.data["fingerprint"], "account_id": event.data["id"], "added": event.at}
    connection.execute(insert(CertificateRow).values(row))


@projects(Kind.CERTIFICATE_REMOVED)
def _certificate_removed(connection: Connection, event: Event) -> None:
    here = CertificateRow.fingerprint == event.data["fingerprint"]
    connection.execute(delete(CertificateRow).where(here, CertificateRow.account_id == event.data["id"]))


@projects(Kind.INVITATION_MADE)
def _invitation_made(connection: Connection, event: Event) -> None:
    data = event.data
    connection.execute(
        insert(InvitationRow).values(
            id=data["id"],
            name=event.target,
            digest=data["digest"],
            uses=data["uses"],
            used=0,
            by=event.nick,
            created=event.at,
            expires=data["expires"],
        )
    )


@projects(Kind.INVITATION_REVOKED)
def _invitation_revoked(connection: Connection, event: Event) -> None:
    connection.execute(delete(InvitationRow).where(InvitationRow.id == event.data["id"]))


@projects(Kind.BANNED)
def _banned(connection: Connection, event: Event) -> None:
    connection.execute(
        insert(BanRow).values(
            id=event.data["id"],
            type=event.data["type"],
            mask=event.target,
            reason=event.text,
            by=event.account or event.nick,
            created=event.at,
            expires=event.data["expires"],
        )
    )


@projects(Kind.UNBANNED)
def _unbanned(connection: Connection, event: Event) -> None:
    connection.execute(delete(BanRow).where(BanRow.id == event.data["id"]))
