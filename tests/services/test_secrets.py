"""Secrets shared by the servers on one database."""

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
    with story.database.locked() as connection:
        old, new = (renew_secret(connection, story.clock, "top") for _ in range(2))
        assert find_secret(connection, "top") == new != old
