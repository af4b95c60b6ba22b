"""The full-text index on SQLite: an FTS5 table with the trigram tokenizer.

The table is contentless (`content=''`), because texts are read from the log, is fed the normal form
of each text (`app.wire.names.caseless`), and stores no positions (`detail=none`), because
candidates are checked against their texts anyway. This reduces its size to a third and the cost of
an insert to half. Every transaction that inserts into it writes a new index segment, which must be
merged later, so inserting rows one by one costs several times as much. Rows are therefore indexed
in batches, in a separate transaction after the commit that makes them visible; rows that are not
indexed yet are scanned. The table `spoken_index_end` stores the position of the last indexed row.

FTS5 does not overwrite deleted entries: it appends a delete marker, and drops both when it merges
their segments. After a removal, the whole index is therefore merged, in small steps. `PRAGMA
user_version`, which is stored in the file header, is nonzero until the merge is complete; it is
committed with the removal and survives a crash. Until then, FTS5 does not merge by itself
(`automerge`), which it does in bursts of hundreds of pages; each removal merges some. FTS5 can
overwrite entries immediately (`secure-delete`, since 3.42), but older versions cannot open the
resulting table.
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    SQLColumnExpression,
    case,
    column,
    func,
    select,
    table,
    text,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from app.clock import Clock, Timer
from app.db.database import Database
from app.db.log import get_last_id
from app.db.models import SPOKEN, EventRow
from app.db.sqlite.driver import fetch_int
from app.errors import SearchTookTooLong
from app.wire.names import caseless

T = TypeVar("T")

MERGED_PAGES = 100  # pages of 4 KiB per step: about 20 ms
REMOVAL_MERGED_PAGES = 16  # merged with each removal: one to four milliseconds
AUTOMERGE_SEGMENTS = 4  # the default of FTS5
MAX_TRIGRAMS = 30  # per query; more would hardly exclude further rows
PAUSE_SECONDS = 0.05  # between the steps of a rebuild, for other programs to take the log's lock
ROWS_PER_STEP = 10_000  # indexed per transaction: about 100 ms
BYTES_PER_STEP = 256 * 1024  # of text per transaction: at most 200 ms, even if the text is chosen for it
VM_STEPS_PER_CHECK = 10_000  # SQLite virtual machine steps: far less than 1 ms
_NEEDS_MERGE = 1

_index = table("spoken_index", column("rowid"))
_matches = text("spoken_index MATCH :trigrams")
_end = "(SELECT position FROM spoken_index_end)"
# The tokenizer folds ASCII letters itself, which saves calling the Python function. A text is ASCII
# if it has as many bytes as characters.
_indexed_text = "CASE length(text) WHEN length(CAST(text AS BLOB)) THEN text ELSE caseless(text) END"
_add = f"""
    INSERT INTO spoken_index (rowid, text)
    SELECT id, {_indexed_text} FROM event WHERE id > ? AND id <= ? AND {SPOKEN.text} AND text <> ''
"""  # noqa: S608
_remove = f"""
    INSERT INTO spoken_index (spoken_index, rowid, text)
    SELECT 'delete', id, {_indexed_text} FROM event
    WHERE id IN (SELECT value FROM json_each(?)) AND id <= {_end} AND {SPOKEN.text} AND text <> ''
"""  # noqa: S608
_bytes = "SELECT ifnull(sum(length(CAST(text AS BLOB))), 0) FROM event WHERE id > ? AND id <= ?"
_automerge = "INSERT INTO spoken_index (spoken_index, rank) VALUES ('automerge', ?)"
_merge = "INSERT INTO spoken_index (spoken_index, rank) VALUES ('merge', ?)"


class SQLiteFulltext:
    """The FTS5 index in the database file."""

    needs_log_lock = True

    def end(self, connection: Connection) -> int:
        """Return the position of the last indexed row."""
        return int(fetch_int(connection, f"SELECT {_end}"))

    def extend(self, connection: Connection) -> int:
        """Index the next rows, at least one, and store the new end."""
        begin = self.end(connection)
        last = get_last_id(connection)
        if begin >= last:
            return begin
        end = _limit_step(connection, begin, min(begin + ROWS_PER_STEP, last))
        self._add(connection, begin, end)
        return end

    def flush(self, connection: Connection) -> None:
        """Do nothing: FTS5 merges its segments in each transaction."""

    def rebuild(self, database: Database) -> None:
        """Delete all entries, then index the rows in steps.

        If it is interrupted, the server continues. Searches read rows that are not indexed yet.
        """
        with database.locked() as connection:
            connection.exec_driver_sql("INSERT INTO spoken_index (spoken_index) VALUES ('delete-all')")
            connection.exec_driver_sql("UPDATE spoken_index_end SET position = 0")
            connection.exec_driver_sql("PRAGMA user_version = 0")
        is_complete = False
        while not is_complete:
            with database.locked() as connection:
                is_complete = self.extend(connection) >= get_last_id(connection)
            time.sleep(PAUSE_SECONDS)

    def _add(self, connection: Connection, begin: int, end: int) -> None:
        connection.exec_driver_sql(_add, (begin, end))
        connection.exec_driver_sql("UPDATE spoken_index_end SET position = ?", (end,))

    def remove(self, connection: Connection, positions: Sequence[int]) -> None:
        """Delete the entries of the rows and record that their trigrams are still in the file.

        Some pages are merged at once, so that many removals do not leave too many segments.
        """
        if not self.needs_merge(connection):
            connection.exec_driver_sql(_automerge, (0,))
        connection.exec_driver_sql(_remove, (json.dumps(list(positions)),))
        connection.exec_driver_sql(_merge, (REMOVAL_MERGED_PAGES,))
        connection.exec_driver_sql(f"PRAGMA user_version = {_NEEDS_MERGE}")

    def restore(self, connection: Connection, positions: Sequence[int]) -> None:
        """Insert entries for the rows, except for those that follow the indexed rows."""
        end = self.end(connection)
        for position in positions:
            if position <= end:
                connection.exec_driver_sql(_add, (position - 1, position))

    def needs_merge(self, connection: Connection) -> bool:
        """Return whether a removal has not been merged yet."""
        return bool(fetch_int(connection, "PRAGMA user_version"))

    def merge(self, connection: Connection, pages: int = MERGED_PAGES) -> None:
        """Merge some pages. The merge is complete if fewer than two rows change (FTS5 `merge`)."""
        before = _changes(connection)
        connection.exec_driver_sql(_merge, (-pages,))
        if _changes(connection) - before < 2:
            connection.exec_driver_sql("PRAGMA user_version = 0")
            connection.exec_driver_sql(_automerge, (AUTOMERGE_SEGMENTS,))

    @contextmanager
    def time_limited(self, connection: Connection, seconds: float) -> Iterator[None]:
        """Interrupt the query from SQLite's progress handler when the time limit is reached."""
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        driver.set_progress_handler(Timer(Clock(), seconds).is_due, VM_STEPS_PER_CHECK)
        try:
            yield
        except OperationalError as error:
            if "interrupted" not in str(error.orig):
                raise
            raise SearchTookTooLong from error
        finally:
            driver.set_progress_handler(None, 0)

    def candidates(self, words: Sequence[str], newest: bool) -> list[Select[Any]]:
        """Return a query that scans the unindexed rows, and one that uses the index."""
        log = select(EventRow.__table__)
        unindexed = log.where(EventRow.id > text(_end), SPOKEN)
        trigrams = " AND ".join(islice(_quoted_trigrams(words), MAX_TRIGRAMS))
        indexed = log.join_from(_index, EventRow.__table__, _index.c.rowid == EventRow.id)
        indexed = indexed.where(_matches.bindparams(trigrams=trigrams))
        if newest:
            return [unindexed.order_by(EventRow.id.desc()), indexed.order_by(_index.c.rowid.desc())]
        return [unindexed.order_by(EventRow.id), indexed.order_by(_index.c.rowid)]

    def without_index(self, value: ColumnElement[T]) -> ColumnElement[T]:
        """Apply the unary `+` operator, which disqualifies a term from using an index in SQLite."""
        return UnaryExpression(value, operator=custom_op("+"), type_=value.type)

    def normal_form(self, column: SQLColumnExpression[Any]) -> ColumnElement[str]:
        """Fold ASCII with `lower`, other text with `caseless`, which every connection registers."""
        is_ascii = func.length(column) == func.length(sql_cast(column, LargeBinary))
        return case((is_ascii, func.lower(column)), else_=func.caseless(column))

    def name_equals(self, column: SQLColumnExpression[Any], name: str) -> ColumnElement[bool]:
        """Compare in normal form."""
        return self.normal_form(column) == caseless(name)

    def contains(self, column: SQLColumnExpression[Any], word: str) -> ColumnElement[bool]:
        """Search in normal form."""
        return func.instr(self.normal_form(column), caseless(word)) > 0


def _limit_step(connection: Connection, begin: int, end: int) -> int:
    """Return the largest of `end`, and of the ends that halve the step, whose text is not too much.

    Adding up half of the lengths again costs less than a running sum over all of them.
    """
    while end > begin + 1:
        size = connection.exec_driver_sql(_bytes, (begin, end)).scalar_one()
        if size <= BYTES_PER_STEP:
            return end
        end = begin + (end - begin) // 2
    return end


def _changes(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())


def _quoted_trigrams(words: Sequence[str]) -> dict[str, None]:
    """Return the distinct trigrams of the words in normal form, as FTS5 strings, quotes doubled."""
    folded = map(caseless, words)
    trigrams = (word[start : start + 3] for word in folded for start in range(len(word) - 2))
    return {'"' + trigram.replace('"', '""') + '"': None for trigram in trigrams}
