"""Secrets shared by the servers on one database."""

from app.services.secrets import get_or_create_secret
from tests.story import Story


def test_secret_is_generated_once(story: Story) -> None:
    with story.database.locked() as connection:
        first = get_or_create_secret(connection, story.clock, "cloak")
    with story.database.locked() as connection:
        assert get_or_create_secret(connection, story.clock, "cloak") == first
        assert get_or_create_secret(connection, story.clock, "other") != first
    assert len(first) == 32
