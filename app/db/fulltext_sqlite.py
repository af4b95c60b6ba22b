"""The index of what was said on SQLite: FTS5, with its trigram tokenizer.

The table holds trigrams and no text (`content=''`), because it never reads one back, and no places within a text
(`detail=none`), so phrases are checked in the texts themselves: that makes it a third of the size, and halves what
an insert costs. Every transaction that adds to it writes a part of the index of its own, to be merged later, which
makes a row by itself several times as dear. So rows enter it many at once, in a transaction of their own, behind that
which shows them to people; those that it does not have yet are read as they are. Up to where it has them stands in a
table beside it.

FTS5 does not overwrite what is deleted: it appends that it was, and drops both when it merges the parts of the
index they are in. So after a removal the whole index is merged, a small part at a time. Until that is done
the header of the file says so (`PRAGMA user_version`), which outlives a crash and commits with the removal.
Newer versions of FTS5 can overwrite at once (`secure-delete`, since 3.42), but leave a table behind that older
ones do not open.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Connection, Select, column, func, select, table, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from app.clock import Clock, Timer
from app.db.log import last_position
from app.db.models import SPOKEN, EventRow
from app.db.sqlite import fetch_int
from app.errors import SearchTookTooLong
from app.wire.names import caseless

T = TypeVar("T")

MERGED_PAGES = 100  # of 4 KiB, in one part: about twenty milliseconds
MAX_TRIGRAMS = 30  # of a question that are looked up; more would hardly leave out another row
ROWS_PER_STEP = 10_000  # of the log, at once; about a tenth of a second
STEPS_ASKED = 10_000  # of SQLite's own machine; far less than a millisecond
_UNTIDY = 1

_index = table("spoken_index", column("rowid"))
_matches = text("spoken_index MATCH :trigrams")
_end = "(SELECT position FROM spoken_index_end)"
_add = f"""
    INSERT INTO spoken_index (rowid, text)
    SELECT id, text FROM event WHERE id > ? AND id <= ? AND {SPOKEN.text} AND text <> ''
"""  # noqa: S608
_remove = f"""
    INSERT INTO spoken_index (spoken_index, rowid, text)
    SELECT 'delete', id, text FROM event WHERE id = ? AND id <= {_end} AND {SPOKEN.text} AND text <> ''
"""  # noqa: S608
_merge = "INSERT INTO spoken_index (spoken_index, rank) VALUES ('merge', ?)"


class SQLiteFulltext:
    """The index in the file of the database."""

    def end(self, connection: Connection) -> int:
        """Return what the table says."""
        return int(fetch_int(connection, f"SELECT {_end}"))

    def extend(self, connection: Connection) -> int:
        """Index a limited number of rows, and note where that ends."""
        begin = self.end(connection)
        end = min(begin + ROWS_PER_STEP, last_position(connection))
        if begin < end:
            self._add(connection, begin, end)
        return end

    def rebuild(self, connection: Connection) -> None:
        """Throw away what is there, and index every row."""
        connection.exec_driver_sql("INSERT INTO spoken_index (spoken_index) VALUES ('delete-all')")
        self._add(connection, 0, last_position(connection))
        connection.exec_driver_sql("PRAGMA user_version = 0")

    def _add(self, connection: Connection, begin: int, end: int) -> None:
        connection.exec_driver_sql(_add, (begin, end))
        connection.exec_driver_sql("UPDATE spoken_index_end SET position = ?", (end,))

    def remove(self, connection: Connection, position: int) -> None:
        """Take the row out, and note that its trigrams are still in the file."""
        connection.exec_driver_sql(_remove, (position,))
        connection.exec_driver_sql(f"PRAGMA user_version = {_UNTIDY}")

    def needs_merge(self, connection: Connection) -> bool:
        """Whether a removal was noted."""
        return bool(fetch_int(connection, "PRAGMA user_version"))

    def tidy(self, connection: Connection) -> None:
        """Merge some pages; that there is nothing left to merge shows in that hardly a row changes."""
        before = _changes(connection)
        connection.exec_driver_sql(_merge, (-MERGED_PAGES,))
        if _changes(connection) - before < 2:
            connection.exec_driver_sql("PRAGMA user_version = 0")

    @contextmanager
    def time_limited(self, connection: Connection, seconds: float) -> Iterator[None]:
        """Have SQLite ask, every so many of its own steps, whether to go on."""
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        driver.set_progress_handler(Timer(Clock(), seconds).is_over, STEPS_ASKED)
        try:
            yield
        except OperationalError as error:
            if "interrupted" not in str(error.orig):
                raise
            raise SearchTookTooLong from error
        finally:
            driver.set_progress_handler(None, 0)

    def candidates(self, words: Sequence[str], newest: bool) -> list[Select[Any]]:
        """Read the rows that the index does not have yet, and the index from one of its ends."""
        log = select(EventRow.__table__)
        rest = log.where(EventRow.id > text(_end), SPOKEN)
        trigrams = " AND ".join(islice(_quoted(words), MAX_TRIGRAMS))
        found = log.join_from(_index, EventRow.__table__, _index.c.rowid == EventRow.id)
        found = found.where(_matches.bindparams(trigrams=trigrams))
        if newest:
            return [rest.order_by(EventRow.id.desc()), found.order_by(_index.c.rowid.desc())]
        return [rest.order_by(EventRow.id), found.order_by(_index.c.rowid)]

    def without_index(self, value: ColumnElement[T]) -> ColumnElement[T]:
        """Put a plus before it, as SQLite's documentation of its planner has it."""
        return UnaryExpression(value, operator=custom_op("+"), type_=value.type)

    def name_equals(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Compare as SQLite does, which knows the cases of ASCII only, or else by a function of ours."""
        return column.collate("NOCASE") == name if name.isascii() else _folded(column) == caseless(name)

    def contains(self, column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
        """Look for the word as SQLite does (LIKE), or else in the folded text."""
        if word.isascii():
            return column.contains(word, autoescape=True)
        return func.instr(_folded(column), caseless(word)) > 0


def _folded(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Call the function that every connection is given; it takes longer than what SQLite has itself."""
    return func.caseless(column)


def _changes(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())


def _quoted(words: Sequence[str]) -> dict[str, None]:
    """Return every trigram of the words once, as FTS5 reads it; one may hold any letter, also a quote."""
    trigrams = (word[start : start + 3] for word in words for start in range(len(word) - 2))
    return {'"' + trigram.replace('"', '""') + '"': None for trigram in trigrams}
