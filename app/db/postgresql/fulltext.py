"""The full-text index on PostgreSQL: a GIN index on an array of trigrams.

The migrations create the functions `caseless`, which agrees with `app.wire.names.caseless`, and
`spoken_trigrams`, which splits a text in that normal form into trigrams. The index compares them by
code point, which is fast and does not depend on the locales of the operating system. The extension
pg_trgm is faster, but it is not installed everywhere, needs a privilege to create, and skips
characters that the locale does not class as letters: all of Russian and Chinese in the locale C.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, SQLColumnExpression, collate, func, select, text
from sqlalchemy.exc import OperationalError

from app.db.database import Database
from app.db.models import SPOKEN, EventRow
from app.errors import SearchTookTooLong

QUERY_CANCELED = "57014"  # SQLSTATE query_canceled

# The names that PostgreSQL gives to the indexes of an interrupted REINDEX CONCURRENTLY.
_find_remains = text(r"""
    SELECT indexrelid::regclass FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = 'event'::regclass AND relname ~ '^ix_event_trigrams_cc(new|old)[0-9]*$'
""")

T = TypeVar("T")


class PostgreSQLFulltext:
    """The GIN index, which is maintained by the database."""

    def end(self, connection: Connection) -> None:
        """Return None: every row is indexed on insertion."""

    def extend(self, connection: Connection) -> None:
        """Do nothing: every row is indexed on insertion."""

    def rebuild(self, database: Database) -> None:
        """Rebuild the index beside the old one, which blocks neither writes nor searches.

        It waits for transactions that are open when it starts, however long they take.
        """
        with closing(database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")) as connection:
            connection.detach()  # so that the setting ends with it
            connection.execute(text("SET lock_timeout = 0"))
            for name in connection.scalars(_find_remains).all():
                connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))
            connection.execute(text("REINDEX INDEX CONCURRENTLY ix_event_trigrams"))

    def remove(self, connection: Connection, positions: Sequence[int]) -> None:
        """Do nothing: the next VACUUM removes the entries of the old row versions."""

    def restore(self, connection: Connection, positions: Sequence[int]) -> None:
        """Do nothing: every row is indexed on insertion."""

    def needs_merge(self, connection: Connection) -> bool:
        """Return False: VACUUM maintains the index."""
        return False

    def merge(self, connection: Connection, pages: int = 0) -> None:
        """Do nothing: VACUUM maintains the index."""

    def candidates(self, words: Sequence[str], newest: bool) -> list[Select[Any]]:
        """Return one query; the planner chooses between the index and a scan of the log."""
        trigrams = collate(func.spoken_trigrams(EventRow.text), "C")  # the collation of the index
        conditions = [trigrams.op("@>")(func.spoken_trigrams(word)) for word in words]
        query = select(EventRow.__table__).where(SPOKEN, *conditions)
        return [query.order_by(EventRow.id.desc() if newest else EventRow.id)]

    def without_index(self, value: ColumnElement[T]) -> ColumnElement[T]:
        """Return the column itself: the planner chooses well, based on its statistics."""
        return value

    def normal_form(self, column: SQLColumnExpression[Any]) -> ColumnElement[str]:
        """Call the function `caseless`, which the planner expands for texts without capitals."""
        return func.caseless(column)

    def name_equals(self, column: SQLColumnExpression[Any], name: str) -> ColumnElement[bool]:
        """Compare in normal form."""
        return self.normal_form(column) == func.caseless(name)

    def contains(self, column: SQLColumnExpression[Any], word: str) -> ColumnElement[bool]:
        """Search in normal form."""
        return func.strpos(self.normal_form(column), func.caseless(word)) > 0

    @contextmanager
    def time_limited(self, connection: Connection, seconds: float) -> Iterator[None]:
        """Set the statement timeout for the rest of the transaction."""
        connection.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
        try:
            yield
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != QUERY_CANCELED:
                raise
            raise SearchTookTooLong from error
