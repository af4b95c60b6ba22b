"""Client certificates of accounts: listing, removal and password resets."""

import pytest

from app.clock import to_datetime
from app.errors import NotFound
from app.events import Event, Kind
from app.events.data import CertificateData
from app.services.accounts.accounts import find_account
from app.services.accounts.administration import set_password
from app.services.accounts.certificates import CertificateLine, list_certificates
from app.wire.names import fold
from tests.conftest import MovedClock
from tests.story import SECRET, Story


def opens(story: Story, name: str, fingerprint: str, kind: Kind = Kind.CERTIFICATE_ADDED) -> None:
    """Add or remove a certificate of an account."""
    with story.database.reading() as session:
        account = find_account(session, fold(name))
        assert account is not None
        data = CertificateData(account.id, fingerprint)
    story.record(Event(kind, nick=name, account=name, data=data))


def listed(story: Story, name: str) -> list[str]:
    """Return the fingerprints of an account."""
    with story.database.reading() as session:
        return [line.fingerprint for line in list_certificates(session, name)]


def test_certificates_are_listed_in_order_of_addition(story: Story, clock: MovedClock) -> None:
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


def test_only_the_owner_loses_a_removed_certificate(story: Story) -> None:
    story.create_account("anna")
    story.create_account("bob")
    opens(story, "anna", "aa")
    opens(story, "bob", "aa", Kind.CERTIFICATE_REMOVED)
    assert listed(story, "anna") == ["aa"]
    opens(story, "anna", "aa", Kind.CERTIFICATE_REMOVED)
    assert listed(story, "anna") == []


def test_administrator_password_reset_removes_all_certificates(story: Story) -> None:
    story.create_account("anna")
    story.create_account("bob")
    for name, fingerprint in (("anna", "aa"), ("anna", "ab"), ("bob", "bb")):
        opens(story, name, fingerprint)
    story.apply(lambda admin: set_password(admin, "anna", SECRET))
    assert listed(story, "anna") == []
    assert listed(story, "bob") == ["bb"]
