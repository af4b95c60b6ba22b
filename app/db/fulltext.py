"""The index of what was said: which rows may have some words in them, found by runs of three letters.

Three letters in a row (a *trigram*) need no idea of what a word is, so parts of words are found, and languages
that do not separate words. The index knows which trigrams a row has, not where they stand: it tells which rows
may match, and whoever asks looks at their texts as well.

Both databases fold case before they index. What was redacted must not be known from its trigrams either.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Select

from app.db.fulltext_postgresql import PostgreSQLFulltext
from app.db.fulltext_sqlite import SQLiteFulltext

T = TypeVar("T")
TRIGRAM = 3  # letters; a shorter word is in no index


class Fulltext(Protocol):
    """What one database does for the search of texts."""

    def end(self, connection: Connection) -> int | None:
        """Return the position in the log up to which it is indexed; None if the database indexes whatever enters.

        What comes behind is found as well, by reading it. No transaction begins.
        """

    def extend(self, connection: Connection) -> int | None:
        """Index what comes behind the end, thousands of rows at most. The log's lock must be held.

        Returns the new end.
        """

    def rebuild(self, connection: Connection) -> None:
        """Build the index anew from all that is in the log. The log's lock must be held."""

    def remove(self, connection: Connection, position: int) -> None:
        """Forget the text of a row that is about to be blanked."""

    def needs_merge(self, connection: Connection) -> bool:
        """Whether something that was removed is still to be found in the files. No transaction begins."""

    def tidy(self, connection: Connection) -> None:
        """Do a part of what makes the index tidy, some milliseconds long. The log's lock must be held."""

    def candidates(self, words: Sequence[str], newest: bool) -> list[Select[Any]]:
        """Return the queries of the rows that may have all the words, each of three letters or more.

        The rows of each come in the order of the log, or with the newest first, one after the other: a query
        that stops early does not pay for the rest.
        """

    def without_index(self, value: ColumnElement[T]) -> ColumnElement[T]:
        """Return a column said so that none of its own indexes keeps the planner from that of the texts."""

    def name_equals(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Return the condition that a column has the name, in any case."""

    def contains(self, column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
        """Return the condition that a column has the word in it, in any case."""

    def time_limited(self, connection: Connection, seconds: float) -> AbstractContextManager[None]:
        """Let what is asked meanwhile take about so long, and no longer.

        Raises: SearchTookTooLong.
        """


_kinds: dict[str, Fulltext] = {"sqlite": SQLiteFulltext(), "postgresql": PostgreSQLFulltext()}


def fulltext_of(connection: Connection) -> Fulltext:
    """Return what the database of a connection does."""
    return _kinds[connection.dialect.name]
