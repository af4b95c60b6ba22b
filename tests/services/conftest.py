"""A story for each test, on both databases."""

import pytest

from app.db.database import Database
from tests.conftest import MovedClock
from tests.story import Story


@pytest.fixture
def story(database: Database, clock: MovedClock) -> Story:
    """Something to tell what happened with."""
    return Story(database, clock)
