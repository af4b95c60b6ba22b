"""Empty databases to copy to, pages of two rows, and a function that copies."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from app.db.copying import sqlite_bulk, table_shape
from app.db.database import Database, parse_database_url
from app.services.copying import CopyReport, CopyTarget, copy_database, open_snapshot, reconciliation
from tests.postgres import Postgres

Create = Callable[[str], Database]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read and write two rows at a time."""
    from app.db.copying import postgresql_bulk

    for module in (table_shape, sqlite_bulk, postgresql_bulk, reconciliation):
        monkeypatch.setattr(module, "PAGE_ROWS", 2)


@pytest.fixture
def create(tmp_path: Path, sqlite_template: Path, request: pytest.FixtureRequest) -> Iterator[Create]:
    """A function that opens a database of a dialect with a schema and no rows."""
    with ExitStack() as stack:

        def make(dialect: str) -> Database:
            if dialect == "sqlite":
                number = len(list(tmp_path.glob("new*.db")))
                path = shutil.copy(sqlite_template, tmp_path / f"new{number}.db")
                url = parse_database_url(str(path))
            else:
                server: Postgres = request.getfixturevalue("postgres")
                url = stack.enter_context(server.database())
            return stack.enter_context(closing(Database(url)))

        yield make


def copy(source: Database, target: Database) -> CopyReport:
    """Copy a database completely."""
    with open_snapshot(source) as snapshot:
        return copy_database(
            snapshot, CopyTarget(target, str(source)), lambda rows: None, lambda target: None
        )
