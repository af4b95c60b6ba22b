"""The full-text index of messages, based on trigrams.

A *trigram* is a sequence of three characters. Trigrams ignore word boundaries, so the index also
finds parts of words, and works for languages written without spaces. It stores which trigrams a row
contains, but not where, so the text of each candidate must be checked as well.

Messages and words are compared in the normal form of `app.wire.names.caseless`, in which case,
width and composition do not matter; each database applies it to both sides. When a message is
redacted, its trigrams are removed.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Select, SQLColumnExpression

from app.db.database import Database
from app.db.fulltext.postgresql import PostgreSQLFulltext
from app.db.fulltext.sqlite import MERGED_PAGES, SQLiteFulltext
from app.wire.names import caseless

T = TypeVar("T")
TRIGRAM = 3  # characters


class Fulltext(Protocol):
    """Full-text search on one database."""

    needs_log_lock: bool  # whether `extend` requires the log's lock

    def end(self, connection: Connection) -> int:
        """Return the position up to which rows are indexed. Later rows are scanned."""

    def extend(self, connection: Connection) -> int:
        """Index the next rows, for a fraction of a second at most, and return the new end."""

    def flush(self, connection: Connection) -> None:
        """Merge entries that `extend` has only appended, after thousands of rows or at the end.

        It needs no lock, and takes up to a second.
        """

    def rebuild(self, database: Database) -> None:
        """Rebuild the index from the whole log, without blocking a running server for long."""

    def remove(self, connection: Connection, positions: Sequence[int]) -> None:
        """Remove rows from the index before their texts are redacted or they are deleted."""

    def restore(self, connection: Connection, positions: Sequence[int]) -> None:
        """Index rows that were removed from the index, after they have new texts."""

    def needs_merge(self, connection: Connection) -> bool:
        """Return whether the files still contain removed text. Does not begin a transaction."""

    def merge(self, connection: Connection, pages: int = MERGED_PAGES) -> None:
        """Merge part of the index: 100 pages take about 20 ms. Requires the log's lock."""

    def candidates(self, words: Sequence[str], newest: bool) -> list[Select[Any]]:
        """Return queries for the rows that may contain all words, for each of which `has_trigram`.

        Each query produces its rows incrementally, in log order or newest first, so a caller that
        stops early does not pay for the rest.
        """

    def without_index(self, value: ColumnElement[T]) -> ColumnElement[T]:
        """Return an expression equal to a column that keeps the planner from using its indexes."""

    def normal_form(self, column: SQLColumnExpression[Any]) -> ColumnElement[str]:
        """Return the expression for the normal form of a text (`app.wire.names.caseless`)."""

    def name_equals(self, column: SQLColumnExpression[Any], name: str) -> ColumnElement[bool]:
        """Return the condition that a column equals the name in normal form."""

    def contains(self, column: SQLColumnExpression[Any], word: str) -> ColumnElement[bool]:
        """Return the condition that a column contains the word in normal form."""

    def time_limited(self, connection: Connection, seconds: float) -> AbstractContextManager[None]:
        """Limit the execution time of the queries in the block.

        Raises: SearchTookTooLong.
        """


_BY_DIALECT: dict[str, Fulltext] = {"sqlite": SQLiteFulltext(), "postgresql": PostgreSQLFulltext()}


def has_trigram(word: str) -> bool:
    """Return whether a word can be looked up: in normal form, it has at least three characters."""
    return len(caseless(word)) >= TRIGRAM


def fulltext_of(connected: Connection | Engine) -> Fulltext:
    """Return the full-text search of the database of a connection or an engine."""
    return _BY_DIALECT[connected.dialect.name]
