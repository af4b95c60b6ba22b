"""Applications: registrations awaiting verification by e-mail.

An application does not reserve its name: the first of several to be verified gets the account.
Applications expire after a day. The code is stored only as a digest, the password only as hashes.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import Session

from app.clock import Clock, to_datetime
from app.db.models import ApplicationRow
from app.errors import NotFound
from app.events import Applicant, Event, Kind, PasswordHashes
from app.events.data import AppliedData
from app.services.accounts.accounts import registration_event
from app.services.accounts.administration import require_free_name
from app.services.accounts.codes import hash_code
from app.services.administration.admin_changes import AdminChange, Administrator
from app.wire.names import Key, fold

LIFETIME_MILLISECONDS = 24 * 3600 * 1000
CODE_LENGTH = 10  # characters of five bits each

_table = ApplicationRow.__table__


@dataclass(frozen=True, slots=True)
class ApplicationLine:
    """An entry in the list of applications, without the private e-mail address."""

    name: str
    applied: datetime
    expires: datetime


def application_event(clock: Clock, name: str, applicant: Applicant) -> Event:
    """Return the event that stores an application."""
    data = AppliedData(clock.new_id(), clock.now() + LIFETIME_MILLISECONDS)
    return Event(Kind.APPLIED, nick=name, account=name, data=data, secret=applicant)


def redeem_code(connection: Connection, clock: Clock, key: Key, code: str) -> Event | None:
    """Return the registration event for a verification code, or None if the code is not valid."""
    matching = _table.c.key == key, _table.c.digest == hash_code(code), _table.c.expires > clock.now()
    row = connection.execute(select(_table).where(*matching)).first()
    return None if row is None else _registration_event(clock, row)


def verify_application(admin: Administrator, name: str) -> AdminChange:
    """Verify the latest application for a name, without requiring its code.

    Raises: NotFound, or AlreadyExists when the name has an account.
    """
    require_free_name(admin.session, admin.clock, name)
    matching = _table.c.key == fold(name), _table.c.expires > admin.clock.now()
    row = admin.session.execute(select(_table).where(*matching).order_by(_table.c.id.desc())).first()
    if row is None:
        raise NotFound(
            f"There is no application for {name}; `chat-admin user pending` lists all applications."
        )
    return admin.make_change([_registration_event(admin.clock, row, admin.by)], "user.verify", row.name)


def _registration_event(clock: Clock, row: Row[tuple[object, ...]], by: str = "") -> Event:
    return registration_event(clock, row.name, PasswordHashes(row.password_hash, row.scram, row.email), by=by)


def list_applications(session: Session, now: int) -> list[ApplicationLine]:
    """Return the applications that have not expired, oldest first."""
    query = select(ApplicationRow).where(ApplicationRow.expires > now).order_by(ApplicationRow.id)
    return [
        ApplicationLine(row.name, to_datetime(row.created), to_datetime(row.expires))
        for row in session.scalars(query)
    ]
