"""A failure within a transaction is undone alone, as often as it happens."""

from contextlib import suppress

import pytest
from sqlalchemy import Connection, func, insert, select, text

from app.db.database import Database
from app.db.models import ImportMarkRow
from app.db.savepoint import savepoint

FAILURES = 50


def fail(connection: Connection, digest: str) -> None:
    """Add a row and fail."""
    with suppress(ValueError), savepoint(connection):
        connection.execute(insert(ImportMarkRow).values(digest=digest))
        raise ValueError("no")


def test_failed_block_is_undone_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        with savepoint(connection):
            connection.execute(insert(ImportMarkRow).values(digest="kept"))
        fail(connection, "undone")
        connection.execute(insert(ImportMarkRow).values(digest="later"))
    with database.engine.begin() as connection:
        assert set(connection.scalars(select(ImportMarkRow.digest))) == {"kept", "later"}


def test_failed_blocks_hold_no_locks(database: Database) -> None:
    if database.dialect.name != "postgresql":
        pytest.skip("SQLite has no lock table")
    locks = select(func.count()).select_from(text("pg_locks")).where(text("pid = pg_backend_pid()"))
    with database.engine.begin() as connection:
        counts = set()
        for number in range(FAILURES):
            fail(connection, str(number))
            counts.add(connection.scalar(locks))
    assert len(counts) <= 2, "only the first failure may add a lock"
