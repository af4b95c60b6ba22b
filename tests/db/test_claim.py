"""A database is held by one server of a name at a time."""

import pytest

from app.db.database import Database
from app.errors import DatabaseRefused


def test_a_second_server_is_refused_until_the_first_is_gone(database: Database) -> None:
    claim = database.dialect.claim(database.engine, "main")
    with pytest.raises(DatabaseRefused, match="Another server"):
        database.dialect.claim(database.engine, "main")
    claim.close()
    database.dialect.claim(database.engine, "main").close()
