"""The index of what was said on PostgreSQL: a GIN index on an array of trigrams.

The migrations make the function `spoken_trigrams` that takes a text apart. The extension pg_trgm does the same
faster, but it is not everywhere, wants a right to be created, and leaves out what the locale does not
call a letter, which is all of Russian and Chinese in the locale C.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, func, select, text
from sqlalchemy.exc import OperationalError

from app.db.models import SPOKEN, EventRow
from app.errors import SearchTookTooLong

QUERY_CANCELED = "57014"  # the state that PostgreSQL calls so

T = TypeVar("T")


class PostgreSQLFulltext:
    """The index that the database itself keeps up to date."""

    def end(self, connection: Connection) -> None:
        """There is none: whatever enters is indexed."""

    def extend(self, connection: Connection) -> None:
        """There is nothing to do."""

    def rebuild(self, connection: Connection) -> None:
        """Let the database do it."""
        connection.execute(text("REINDEX INDEX ix_event_trigrams"))

    def remove(self, connection: Connection, position: int) -> None:
        """The database does it, when it next cleans the table up (VACUUM)."""

    def needs_merge(self, connection: Connection) -> bool:
        """The database cleans up by itself."""
        return False

    def tidy(self, connection: Connection) -> None:
        """There is nothing to do."""

    def candidates(self, words: Sequence[str], newest: bool) -> list[Select[Any]]:
        """Leave it to the planner whether the index is worth it, or reading the log from its end."""
        wanted = [func.spoken_trigrams(EventRow.text).op("@>")(func.spoken_trigrams(word)) for word in words]
        query = select(EventRow.__table__).where(SPOKEN, *wanted)
        return [query.order_by(EventRow.id.desc() if newest else EventRow.id)]

    def without_index(self, value: ColumnElement[T]) -> ColumnElement[T]:
        """Leave it as it is: the planner knows what each index would cost."""
        return value

    def name_equals(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Fold what the locale of the database knows."""
        return func.lower(column) == func.lower(name)

    def contains(self, column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
        """Look for the word in the folded text."""
        return func.strpos(func.lower(column), func.lower(word)) > 0

    @contextmanager
    def time_limited(self, connection: Connection, seconds: float) -> Iterator[None]:
        """Have the database end each statement in time, for the rest of the transaction."""
        connection.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
        try:
            yield
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != QUERY_CANCELED:
                raise
            raise SearchTookTooLong from error
