"""The database that a copy is written to.

It gets its schema from the migrations, and is marked as unfinished until `finish`. Rows are
appended in the order of their keys, each page in a transaction, so the last key of a table is its
progress, and a copy that was interrupted continues after it.

The search index stays empty. Building it takes longer than everything else, and searches read the
messages that are not in it, so the server fills it in the background, as after an upgrade.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, exists, select
from sqlalchemy.exc import DBAPIError

from app.db.copying import copy_state
from app.db.copying.bulk import bulk_access_of
from app.db.copying.table_shape import Row, TableShape
from app.db.database import Database
from app.db.migration import revisions, schema
from app.errors import DatabaseRefused, StorageError
from app.services.copying.tables import all_tables

_SOURCE = "source"  # name of the stored value


class CopyTarget:
    """A database marked as an unfinished copy of `source`, a name that is shown to users.

    Raises: DatabaseRefused when it contains anything else; it is then unchanged.
    """

    def __init__(self, database: Database, source: str) -> None:
        self.database = database
        found, revision = schema.inspect_database(database)
        if found is not schema.DatabaseState.UNFINISHED:
            _mark(database, source)
        elif revision != revisions.head():
            raise DatabaseRefused(
                f"{database} contains an unfinished copy made by another version (schema {revision}); "
                "nothing was changed. Empty it, and start the copy again."
            )
        with database.reading() as session:
            state = copy_state.load(session.connection())
        if state[_SOURCE] != source:
            raise DatabaseRefused(
                f"{database} contains an unfinished copy of {state[_SOURCE]}; nothing was changed. "
                "Finish that copy, or name an empty database."
            )

    def find_last_key(self, table: TableShape) -> Row | None:
        """Return the key of the last row copied so far, or None."""
        with self.database.reading() as session:
            return bulk_access_of(self.database.engine).last_key(session.connection(), table)

    def append(self, table: TableShape, page: Sequence[Row]) -> None:
        """Insert rows that follow those already copied, in a transaction of its own.

        Raises: StorageError when a row cannot be stored.
        """
        try:
            with self.database.locked() as connection:
                bulk_access_of(connection).insert(connection, table, page)
        except DBAPIError as error:
            if self.database.dialect.is_transient_error(error):
                raise
            raise self._refuse_row(table, page) from error

    def finish(self, record: Callable[[Connection], None]) -> None:
        """Turn the copy into a database that can be used. `record` adds rows of its own."""
        with self.database.locked(lambda connection: not copy_state.exists(connection)) as connection:
            bulk_access_of(connection).finish(connection, all_tables())
            record(connection)
            copy_state.drop(connection)

    def _refuse_row(self, table: TableShape, page: Sequence[Row]) -> StorageError:
        """Return the error for the first row of a page that the database refuses."""
        for row in page:
            try:
                with self.database.engine.connect() as connection:
                    bulk_access_of(connection).insert(connection, table, [row])
            except DBAPIError as error:
                reason = str(error.orig).strip().partition("\n")[0]
                key = ", ".join(map(str, table.key_of(row)))
                return StorageError(
                    f"The row {key} of the table {table.name} cannot be stored in {self.database} ({reason}); "
                    "correct it in the source, and run the command again to continue."
                )
        return StorageError(f"{self.database} refused rows of the table {table.name}; run the command again.")


def _mark(database: Database, source: str) -> None:
    """Create the schema, and mark the database as an unfinished copy.

    Raises: DatabaseRefused when it contains anything.
    """
    state, _ = schema.require_own_database(database)
    if state is schema.DatabaseState.OLDER:
        raise _not_empty(database)
    schema.prepare_database(database)
    with database.locked(copy_state.exists) as connection:
        if any(_has_rows(connection, table) for table in all_tables()):
            raise _not_empty(database)
        copy_state.create(connection)
        copy_state.store(connection, _SOURCE, source)


def _has_rows(connection: Connection, table: TableShape) -> Any:
    return connection.scalar(select(exists().select_from(table.table)))


def _not_empty(database: Database) -> DatabaseRefused:
    return DatabaseRefused(
        f"{database} already contains a chat; nothing was changed. Name a database that is empty or missing."
    )
