"""Opens scratch tables beside the tables of a database."""

from contextlib import AbstractContextManager

from app.db.database import Database
from app.db.scratch import postgresql as postgresql_scratch
from app.db.scratch import sqlite as sqlite_scratch
from app.db.scratch.tables import ScratchTables

_BY_DIALECT = {"sqlite": sqlite_scratch.open_scratch, "postgresql": postgresql_scratch.open_scratch}


def open_scratch(database: Database) -> AbstractContextManager[ScratchTables]:
    """Open scratch tables within one snapshot of the database, which is not changed."""
    return _BY_DIALECT[database.dialect.name](database)
