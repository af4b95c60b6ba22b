"""Databases of the database tests."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from app.db.database import Database


@pytest.fixture
def fresh(empty_url: URL) -> Iterator[Database]:
    """An empty database."""
    database = Database(empty_url)
    yield database
    database.close()
