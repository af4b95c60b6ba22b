"""TLS client certificates for logging in to accounts, identified by SHA-256 fingerprint."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import to_datetime
from app.db.models import AccountRow, CertificateRow
from app.events import Event, Kind
from app.events.data import CertificateData
from app.services.accounts.accounts import get_account
from app.wire.names import fold


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """An entry in the list of an account's certificates."""

    fingerprint: str
    added: datetime


def list_certificates(session: Session, name: str) -> list[CertificateLine]:
    """Return the certificates of an account, oldest first.

    Raises: NotFound.
    """
    account = get_account(session, fold(name))
    query = select(CertificateRow).where(CertificateRow.account_id == account.id)
    rows = session.scalars(query.order_by(CertificateRow.added, CertificateRow.fingerprint))
    return [CertificateLine(row.fingerprint, to_datetime(row.added)) for row in rows]


def certificate_removal_events(session: Session, account: AccountRow, by: str) -> list[Event]:
    """Return the events that remove all certificates of an account."""
    fingerprints = session.scalars(
        select(CertificateRow.fingerprint)
        .where(CertificateRow.account_id == account.id)
        .order_by(CertificateRow.added)
    )
    return [
        Event(
            Kind.CERTIFICATE_REMOVED,
            nick=by,
            account=account.name,
            data=CertificateData(account.id, fingerprint),
        )
        for fingerprint in fingerprints
    ]
