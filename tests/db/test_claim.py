"""Only one server with a node name can claim a database."""

import pytest

from app.db.database import Database
from app.errors import DatabaseRefused


def test_second_claim_is_refused_until_the_first_is_released(database: Database) -> None:
    claim = database.dialect.claim(database.engine, "main")
    with pytest.raises(DatabaseRefused, match="Another server"):
        database.dialect.claim(database.engine, "main")
    claim.close()
    database.dialect.claim(database.engine, "main").close()
