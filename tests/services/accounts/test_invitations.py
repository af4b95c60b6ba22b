"""Invitation codes: listing, use and revocation."""

import pytest
from sqlalchemy import select

from app.clock import to_datetime
from app.db.models import InvitationRow
from app.errors import NotFound
from app.services.accounts.accounts import registration_event
from app.services.accounts.codes import hash_code, new_code
from app.services.accounts.invitations import (
    CODE_LENGTH,
    create_invitation,
    list_invitations,
    revoke_invitation,
)
from app.services.administration.audit import find_latest_entries
from tests.conftest import MovedClock
from tests.story import ME, SECRET, Story


def make(story: Story, uses: int = 1, expires: int | None = None) -> str:
    """Create an invitation."""
    code = new_code(story.clock, CODE_LENGTH)
    story.apply(lambda admin: create_invitation(admin, code, uses, expires))
    return code


def test_code_has_full_entropy_and_fits_in_a_line(clock: MovedClock) -> None:
    codes = {new_code(clock, CODE_LENGTH) for _ in range(100)}
    assert len(codes) == 100
    assert all(len(code) == 32 and code.isalnum() and code.isascii() for code in codes)
    assert len({code[:6] for code in codes}) == 100


def test_invitation_list_shows_uses(story: Story, clock: MovedClock) -> None:
    code, other = make(story, 2, clock.instant + 1000), make(story)
    with story.database.reading() as session:
        first, second = list_invitations(session, clock.now())
    assert (first.name, first.uses, first.used, first.by, first.active) == (code[:6], 2, 0, ME, True)
    assert (first.created, first.expires) == (to_datetime(clock.now()), to_datetime(clock.now() + 1000))
    assert (second.name, second.expires) == (other[:6], None)
    story.record(registration_event(clock, "anna", SECRET, invitation=_id_of(story, code)))
    with story.database.reading() as session:
        assert [one.used for one in list_invitations(session, clock.now())] == [1, 0]
        assert [one.active for one in list_invitations(session, clock.now() + 1000)] == [False, True]


def _id_of(story: Story, code: str) -> int:
    with story.database.reading() as session:
        return session.scalars(select(InvitationRow.id).where(InvitationRow.digest == hash_code(code))).one()


def test_invitation_is_revoked_by_name_or_code(story: Story, clock: MovedClock) -> None:
    code, other = make(story), make(story)
    story.apply(lambda admin: revoke_invitation(admin, code[:6].upper()))
    story.apply(lambda admin: revoke_invitation(admin, other))
    with story.database.reading() as session:
        assert list_invitations(session, clock.now()) == []
    with pytest.raises(NotFound, match="invite list"):
        story.apply(lambda admin: revoke_invitation(admin, code))


def test_audit_log_does_not_contain_the_code(story: Story, clock: MovedClock) -> None:
    code = make(story, 3)
    story.apply(lambda admin: revoke_invitation(admin, code))
    with story.database.reading() as session:
        made, taken = find_latest_entries(session, 10)
    assert (made.action, made.target, made.detail) == ("invite.create", code[:6], {"uses": 3})
    assert (taken.action, taken.target, taken.detail) == ("invite.revoke", code[:6], {})
