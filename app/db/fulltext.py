"""The full-text index of messages, based on trigrams.

A *trigram* is a run of three characters. Trigrams do not depend on word boundaries, so the index
finds parts of words, and words in languages that do not separate them. It stores which trigrams a
row contains, not where, so it yields candidates whose texts must be checked as well.

Both databases fold case before indexing. The trigrams of a redacted message must be removed too.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Select

from app.db.fulltext_postgresql import PostgreSQLFulltext
from app.db.fulltext_sqlite import SQLiteFulltext

T = TypeVar("T")
TRIGRAM = 3  # characters; shorter words cannot be looked up


class Fulltext(Protocol):
    """Full-text search on one database."""

    def end(self, connection: Connection) -> int | None:
        """Return the log position up to which rows are indexed; None if the database indexes every row.

        Later rows are found by scanning them. No transaction is begun.
        """

    def extend(self, connection: Connection) -> int | None:
        """Index the next rows, at most some thousands, and return the new end.

        The caller must hold the log's lock.
        """

    def rebuild(self, connection: Connection) -> None:
        """Rebuild the index from the whole log. The caller must hold the log's lock."""

    def remove(self, connection: Connection, position: int) -> None:
        """Remove from the index the text of a row that is about to be redacted."""

    def needs_merge(self, connection: Connection) -> bool:
        """Return whether removed text is still in the files. No transaction is begun."""

    def merge(self, connection: Connection) -> None:
        """Merge a part of the index, for some milliseconds. The caller must hold the log's lock."""

    def candidates(self, words: Sequence[str], newest: bool) -> list[Select[Any]]:
        """Return queries for the rows that may contain all the words, each of three characters or more.

        Each query yields its rows incrementally, in log order or newest first, so one that stops
        early does not pay for the rest.
        """

    def without_index(self, value: ColumnElement[T]) -> ColumnElement[T]:
        """Return an expression for a column that keeps the planner from using the column's own indexes."""

    def name_equals(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Return the condition that a column equals the name, ignoring case."""

    def contains(self, column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
        """Return the condition that a column contains the word, ignoring case."""

    def time_limited(self, connection: Connection, seconds: float) -> AbstractContextManager[None]:
        """Limit the time of the queries in the block.

        Raises: SearchTookTooLong.
        """


_BY_DIALECT: dict[str, Fulltext] = {"sqlite": SQLiteFulltext(), "postgresql": PostgreSQLFulltext()}


def fulltext_of(connection: Connection) -> Fulltext:
    """Return the full-text search of a connection's database."""
    return _BY_DIALECT[connection.dialect.name]
