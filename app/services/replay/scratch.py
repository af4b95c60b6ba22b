"""A scratch database with empty tables, attached to an SQLite database whose log is replayed.

The scratch database has no log: in it, the table `event` is that of the attached database, which
is read-only. Projections can therefore read the log, and all they write goes to the scratch file.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from app.db.models import Base, EventRow
from app.db.sqlite.connection_setup import add_functions
from app.db.sqlite.read_only import read_only_uri

STORED = "stored"  # name of the attached database
_PRAGMAS = (
    "PRAGMA synchronous=OFF",
    "PRAGMA journal_mode=MEMORY",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-16384",
)


@contextmanager
def open_scratch(path: Path) -> Iterator[Connection]:
    """Yield a connection to a scratch database, within one snapshot of the database at `path`."""
    with tempfile.TemporaryDirectory(prefix="chat-replay-") as folder:
        engine = create_engine(
            "sqlite://", creator=lambda: _attach(Path(folder, "scratch.db"), path), poolclass=NullPool
        )
        with closing(engine.connect()) as connection:
            tables = [table for table in Base.metadata.sorted_tables if table is not EventRow.__table__]
            Base.metadata.create_all(connection, tables, checkfirst=False)
            connection.exec_driver_sql("BEGIN")
            yield connection


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
