"""Scratch tables on SQLite: a temporary file, to which the database is attached read-only."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from app.db.database import Database
from app.db.models import Base
from app.db.scratch.tables import ScratchTables, scratch_tables
from app.db.sqlite.connection_setup import add_functions
from app.db.sqlite.driver import raise_hidden_interrupts
from app.db.sqlite.read_only import read_only_uri

STORED = "stored"  # name of the attached database
_PRAGMAS = (
    "PRAGMA synchronous=OFF",
    "PRAGMA journal_mode=MEMORY",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-16384",
)


@contextmanager
def open_scratch(database: Database) -> Iterator[ScratchTables]:
    """Open scratch tables, within one snapshot of the database."""
    path = Path(database.url.database or "")
    with tempfile.TemporaryDirectory(prefix="chat-replay-") as folder:
        engine = create_engine(
            "sqlite://", creator=lambda: _attach(Path(folder, "scratch.db"), path), poolclass=NullPool
        )
        raise_hidden_interrupts(engine)
        with closing(engine.connect()) as connection:
            Base.metadata.create_all(connection, scratch_tables(), checkfirst=False)
            connection.exec_driver_sql("BEGIN")
            yield ScratchTables(connection, "main", STORED, "IS NOT", "{column}")


def _attach(scratch: Path, path: Path) -> sqlite3.Connection:
    driver = sqlite3.connect(scratch, isolation_level=None, uri=True)
    try:
        for statement in _PRAGMAS:
            driver.execute(statement).fetchall()
        add_functions(driver)
        driver.execute(f"ATTACH ? AS {STORED}", (read_only_uri(path),))
    except BaseException:
        driver.close()
        raise
    return driver
