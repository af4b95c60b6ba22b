"""Invitations: codes with which strangers may make accounts where not everybody may.

A code is chance, shown once to whoever makes it. What is kept is its digest, by which it is recognised, and its
first letters, by which administrators name it. No password hashing is needed: nobody guesses so much chance.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import is_ahead, to_datetime, to_datetime_or_none, to_iso_or_none
from app.db.models import InvitationRow
from app.errors import NotFound
from app.events import Event, Kind
from app.services.admin_changes import AdminChange, Administrator
from app.services.codes import hash_code

NAME_LENGTH = 6
CODE_LENGTH = 32  # of five bits each


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An invitation in a list."""

    name: str
    uses: int
    used: int
    by: str
    created: datetime
    expires: datetime | None
    active: bool


def create_invitation(admin: Administrator, code: str, uses: int, expires: int | None) -> AdminChange:
    """Decide that whoever shows a code may make an account: so many people, until an instant if one is given."""
    name = code[:NAME_LENGTH]
    data = {"id": admin.clock.identity(), "digest": hash_code(code), "uses": uses, "expires": expires}
    event = Event(Kind.INVITATION_MADE, nick=admin.actor, target=name, data=data)
    return admin.make_change([event], "invite.create", name, uses=uses, expires=to_iso_or_none(expires))


def revoke_invitation(admin: Administrator, name: str) -> AdminChange:
    """Decide that a code lets nobody in any more; the whole code names it too.

    Raises: NotFound.
    """
    short = name.casefold()[:NAME_LENGTH]
    found = list(admin.session.scalars(select(InvitationRow).where(InvitationRow.name == short)))
    if not found:
        raise NotFound(f"There is no invitation {short}; `chat-admin invite list` shows all.")
    events = [
        Event(Kind.INVITATION_REVOKED, nick=admin.actor, target=short, data={"id": one.id}) for one in found
    ]
    return admin.make_change(events, "invite.revoke", short)


def list_invitations(session: Session, now: int) -> list[InvitationLine]:
    """Return the invitations that were not revoked, oldest first."""
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
        active=row.used < row.uses and is_ahead(row.expires, now),
    )
