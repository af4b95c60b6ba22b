"""Certificates that open accounts: their list, and what a new password does to them."""

import pytest

from app.clock import to_datetime
from app.errors import NotFound
from app.events import Event, Kind
from app.services.accounts import find_account
from app.services.administration import set_password
from app.services.certificates import CertificateLine, list_certificates
from app.wire.names import fold
from tests.conftest import MovedClock
from tests.story import SECRET, Story


def opens(story: Story, name: str, fingerprint: str, kind: Kind = Kind.CERTIFICATE_ADDED) -> None:
    """Let a certificate open an account, or not any more."""
    with story.database.reading() as session:
        account = find_account(session, fold(name))
        assert account is not None
        data = {"id": account.id, "fingerprint": fingerprint}
    story.record(Event(kind, nick=name, account=name, data=data))


def listed(story: Story, name: str) -> list[str]:
    """Return the fingerprints of an account."""
    with story.database.reading() as session:
        return [line.fingerprint for line in list_certificates(session, name)]


def test_they_are_listed_in_the_order_they_came(story: Story, clock: MovedClock) -> None:
    story.create_account("anna")
    story.create_account("bob")
    for fingerprint in ("ff", "aa"):
        opens(story, "anna", fingerprint)
        clock.instant += 1000
    opens(story, "bob", "bb")
    assert listed(story, "ANNA") == ["ff", "aa"]
    with story.database.reading() as session:
        assert list_certificates(session, "bob") == [CertificateLine("bb", to_datetime(clock.now()))]
    with pytest.raises(NotFound):
        listed(story, "nobody")


def test_one_that_is_taken_away_is_its_owners(story: Story) -> None:
    story.create_account("anna")
    story.create_account("bob")
    opens(story, "anna", "aa")
    opens(story, "bob", "aa", Kind.CERTIFICATE_REMOVED)
    assert listed(story, "anna") == ["aa"]
    opens(story, "anna", "aa", Kind.CERTIFICATE_REMOVED)
    assert listed(story, "anna") == []


def test_a_new_password_from_an_administrator_takes_all_of_them(story: Story) -> None:
    story.create_account("anna")
    story.create_account("bob")
    for name, fingerprint in (("anna", "aa"), ("anna", "ab"), ("bob", "bb")):
        opens(story, name, fingerprint)
    story.apply(lambda admin: set_password(admin, "anna", SECRET))
    assert listed(story, "anna") == []
    assert listed(story, "bob") == ["bb"]
