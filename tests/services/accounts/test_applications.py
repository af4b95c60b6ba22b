"""Applications for accounts: expiry, verification and deletion."""

from dataclasses import replace

import pytest

from app.errors import AlreadyExists, NotFound
from app.events import Applicant
from app.services.accounts.accounts import registration_event
from app.services.accounts.applications import (
    LIFETIME_MILLISECONDS,
    application_event,
    list_applications,
    redeem_code,
    verify_application,
)
from app.services.accounts.codes import hash_code
from app.services.administration.audit import find_latest_entries
from app.wire.names import fold
from tests.conftest import MovedClock
from tests.story import SECRET, Story


def apply(story: Story, name: str, code: str) -> None:
    """Record an application."""
    credentials = replace(SECRET, email=f"{name}@example.org")
    story.record(application_event(story.clock, name, Applicant(credentials, hash_code(code))))


def pending(story: Story) -> list[str]:
    """Return the names of the applications."""
    with story.database.reading() as session:
        return [one.name for one in list_applications(session, story.clock.now())]


def test_code_is_valid_for_one_name_and_one_day(story: Story, clock: MovedClock) -> None:
    apply(story, "Anna", "abc")
    with story.database.engine.connect() as connection:
        event = redeem_code(connection, clock, fold("anna"), "ABC")
        assert event is not None
        assert (event.account, event.secret) == ("Anna", replace(SECRET, email="Anna@example.org"))
        assert redeem_code(connection, clock, fold("anna"), "abd") is None
        assert redeem_code(connection, clock, fold("bob"), "abc") is None
        clock.instant += LIFETIME_MILLISECONDS
        assert redeem_code(connection, clock, fold("anna"), "abc") is None


def test_expired_applications_are_deleted_with_the_next(story: Story, clock: MovedClock) -> None:
    apply(story, "anna", "abc")
    clock.instant += LIFETIME_MILLISECONDS
    assert pending(story) == []
    apply(story, "bob", "abc")
    clock.instant -= LIFETIME_MILLISECONDS
    assert pending(story) == ["bob"]


def test_registration_deletes_all_applications_for_the_name(story: Story, clock: MovedClock) -> None:
    for code in ("abc", "def"):
        apply(story, "anna", code)
    apply(story, "bob", "abc")
    story.record(registration_event(clock, "Anna", SECRET))
    assert pending(story) == ["bob"]


def test_administrator_verifies_the_latest_application(story: Story) -> None:
    for code in ("abc", "def"):
        apply(story, "anna", code)
    change = story.apply(lambda admin: verify_application(admin, "ANNA"))
    assert change.events[0].secret.email == "anna@example.org"
    with story.database.reading() as session:
        (entry,) = find_latest_entries(session, 10, action="user")
    assert (entry.action, entry.target) == ("user.verify", "anna")
    with pytest.raises(AlreadyExists):
        story.apply(lambda admin: verify_application(admin, "anna"))
    with pytest.raises(NotFound, match="user pending"):
        story.apply(lambda admin: verify_application(admin, "bob"))
