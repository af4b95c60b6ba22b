"""Secrets shared by the servers on one database."""

from app.services.ledger import Ledger
from app.services.secrets import find_secret, get_or_create_secret, renew_secret
from tests.story import Story


def test_secret_is_generated_once(story: Story) -> None:
    with story.database.locked() as connection:
        first = get_or_create_secret(connection, story.clock, "cloak")
    with story.database.locked() as connection:
        assert get_or_create_secret(connection, story.clock, "cloak") == first
        assert get_or_create_secret(connection, story.clock, "other") != first
    assert len(first) == 32


def test_renewed_secret_replaces_the_old_one(story: Story) -> None:
    ledger = Ledger(story.database, story.clock)
    old, new = (
        ledger.maintain(lambda connection: renew_secret(connection, story.clock, "top")) for _ in "12"
    )
    ledger.close()
    with story.database.reading() as session:
        assert find_secret(session.connection(), "top") == new != old
