"""Invitation codes, which permit registration on invitation-only servers.

A code is random and displayed only once, when it is created. The database stores its digest, to
verify it, and its first characters, by which administrators refer to it. A plain SHA-256 digest
suffices because a code has 160 bits of entropy. Functions that take an `Administrator` return a
change, which `apply_admin_change` records.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import is_future, to_datetime, to_datetime_or_none, to_iso_or_none
from app.db.models import InvitationRow
from app.errors import NotFound
from app.events import Event, Kind
from app.events.data import InvitationData, RevokedData
from app.services.accounts.codes import hash_code
from app.services.administration.admin_changes import AdminChange, Administrator

NAME_LENGTH = 6  # leading characters of the code
CODE_LENGTH = 32  # characters of five bits each


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An entry in the list of invitations."""

    name: str
    uses: int
    used: int
    by: str
    created: datetime
    expires: datetime | None
    active: bool


def create_invitation(admin: Administrator, code: str, uses: int, expires: int | None) -> AdminChange:
    """Create an invitation for `uses` registrations.

    `expires` is in milliseconds since the Unix epoch; None means never.
    """
    name = code[:NAME_LENGTH]
    data = InvitationData(admin.clock.new_id(), hash_code(code), uses, expires)
    event = Event(Kind.INVITATION_MADE, nick=admin.actor, target=name, data=data)
    return admin.make_change([event], "invite.create", name, uses=uses, expires=to_iso_or_none(expires))


def revoke_invitation(admin: Administrator, name: str) -> AdminChange:
    """Revoke the invitations with the given name; the complete code is also accepted.

    Raises: NotFound.
    """
    name = name.casefold()[:NAME_LENGTH]
    rows = list(admin.session.scalars(select(InvitationRow).where(InvitationRow.name == name)))
    if not rows:
        raise NotFound(f"There is no invitation {name}; `chat-admin invite list` lists all invitations.")
    events = [
        Event(Kind.INVITATION_REVOKED, nick=admin.actor, target=name, data=RevokedData(row.id))
        for row in rows
    ]
    return admin.make_change(events, "invite.revoke", name)


def list_invitations(session: Session, now: int) -> list[InvitationLine]:
    """Return the invitations that have not been revoked, oldest first."""
    return [
        _invitation_line(row, now)
        for row in session.scalars(select(InvitationRow).order_by(InvitationRow.id))
    ]


def _invitation_line(row: InvitationRow, now: int) -> InvitationLine:
    return InvitationLine(
        name=row.name,
        uses=row.uses,
        used=row.used,
        by=row.by,
        created=to_datetime(row.created),
        expires=to_datetime_or_none(row.expires),
        active=row.used < row.uses and is_future(row.expires, now),
    )
