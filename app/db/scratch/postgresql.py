"""Scratch tables on PostgreSQL: temporary tables, which hide those of the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Table, text
from sqlalchemy.schema import CreateIndex, CreateTable

from app.db.database import Database
from app.db.scratch.tables import ScratchTables, scratch_tables

_TEMPORARY = "pg_temp"  # the schema of the temporary tables


@contextmanager
def open_scratch(database: Database) -> Iterator[ScratchTables]:
    """Open scratch tables in a transaction that is rolled back."""
    with database.snapshot() as connection:
        stored = str(connection.scalar(text("SELECT current_schema()")))
        quoted = connection.dialect.identifier_preparer.quote(stored)
        for table in scratch_tables():
            _create(connection, table)
        yield ScratchTables(connection, _TEMPORARY, quoted, "IS DISTINCT FROM", "CAST({column} AS jsonb)")
        connection.rollback()


def _create(connection: Connection, table: Table) -> None:
    """Create a temporary table; its foreign keys reference other temporary tables."""
    statement = str(CreateTable(table).compile(dialect=connection.dialect))
    connection.exec_driver_sql(statement.replace("CREATE TABLE", "CREATE TEMPORARY TABLE", 1))
    for index in table.indexes:
        connection.execute(CreateIndex(index))
