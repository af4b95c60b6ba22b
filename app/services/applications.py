"""Applications: accounts that are to be, once somebody shows the code that was sent to their e-mail address.

An application keeps no name from others: whoever shows their code first has the account. It is forgotten after
a day. Of the code only a digest is kept, of the password what is kept of any.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import Session

from app.clock import Clock, to_datetime
from app.db.models import ApplicationRow
from app.errors import NotFound
from app.events import Event, Kind
from app.services.accounts import PasswordHashes, registration_event
from app.services.admin_changes import AdminChange, Administrator
from app.services.administration import require_free_name
from app.services.codes import hash_code
from app.wire.names import Key, fold

LIFETIME_MILLISECONDS = 24 * 3600 * 1000  # milliseconds
CODE_LENGTH = 10  # of five bits each

_table = ApplicationRow.__table__


@dataclass(frozen=True, slots=True)
class Applicant:
    """What is kept of an application beside its name."""

    credentials: PasswordHashes
    digest: str


@dataclass(frozen=True, slots=True)
class ApplicationLine:
    """An application in a list; the address is nobody's business."""

    name: str
    applied: datetime
    expires: datetime


def application_event(clock: Clock, name: str, applicant: Applicant) -> Event:
    """Return the event of somebody who wants an account."""
    data = {"id": clock.identity(), "expires": clock.now() + LIFETIME_MILLISECONDS}
    return Event(Kind.APPLIED, nick=name, account=name, data=data, secret=applicant)


def redeem_code(connection: Connection, clock: Clock, key: Key, code: str) -> Event | None:
    """Return the event of the account that a code completes, or None if it completes none."""
    here = _table.c.key == key, _table.c.digest == hash_code(code), _table.c.expires > clock.now()
    row = connection.execute(select(_table).where(*here)).first()
    return None if row is None else _registration_event(clock, row)


def verify_application(admin: Administrator, name: str) -> AdminChange:
    """Decide that the latest application for a name needs no code.

    Raises: NotFound, AlreadyExists.
    """
    require_free_name(admin.session, name)
    here = _table.c.key == fold(name), _table.c.expires > admin.clock.now()
    row = admin.session.execute(select(_table).where(*here).order_by(_table.c.id.desc())).first()
    if row is None:
        raise NotFound(f"Nobody has applied for {name}; `chat-admin user pending` shows who has.")
    return admin.make_change([_registration_event(admin.clock, row, admin.by)], "user.verify", row.name)


def _registration_event(clock: Clock, row: Row[tuple[object, ...]], by: str = "") -> Event:
    return registration_event(clock, row.name, PasswordHashes(row.password_hash, row.scram, row.email), by=by)


def list_applications(session: Session, now: int) -> list[ApplicationLine]:
    """Return the applications that still can be completed, oldest first."""
    query = select(ApplicationRow).where(ApplicationRow.expires > now).order_by(ApplicationRow.id)
    return [
        ApplicationLine(row.name, to_datetime(row.created), to_datetime(row.expires))
        for row in session.scalars(query)
    ]
