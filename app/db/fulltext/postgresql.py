"""The full-text index on PostgreSQL: a GIN index on an array of trigrams.

The migrations create the functions `caseless`, which agrees with `app.wire.names.caseless`, and
`spoken_trigrams`, which splits a text in that normal form into trigrams. The index compares them by
code point, which is fast and does not depend on the locales of the operating system. The extension
pg_trgm is faster, but it is not installed everywhere, needs a privilege to create, and skips
characters that the locale does not class as letters: all of Russian and Chinese in the locale C.

Indexing a message takes about ten times as long as storing it. The table `spoken_index` therefore
has a copy of each text, which the GIN index covers, and is filled after the commit that makes the
messages visible; rows that are not indexed yet are scanned. The table `spoken_index_end` stores the
position of the last indexed row. Its row is locked by all who change the index, so that filling it
requires no lock of the log, and a text that is removed meanwhile cannot remain in the index.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    SQLColumnExpression,
    bindparam,
    collate,
    column,
    delete,
    exists,
    func,
    insert,
    select,
    table,
    text,
    update,
)
from sqlalchemy.exc import OperationalError

from app.db.database import Database
from app.db.models import SPOKEN, EventRow
from app.errors import SearchTookTooLong

QUERY_CANCELED = "57014"  # SQLSTATE query_canceled
STEP_SECONDS = 0.05  # of indexing per transaction, and the time to index at most BYTES_PER_INSERT
BYTES_PER_INSERT = 16 * 1024  # of text, or one message: at most 200 ms, even if chosen for it
ROWS_PER_INSERT = 4_096
ROWS_PER_CORRECTION = 10_000

T = TypeVar("T")

_log = EventRow.__table__.c
_index = table("spoken_index", column("id", BigInteger), column("text"))
_end = table("spoken_index_end", column("position", BigInteger))
_position = select(_end.c.position)

_begin, _limit = bindparam("begin", type_=BigInteger), bindparam("end", type_=BigInteger)
_next = (
    select(_log.id, func.coalesce(func.octet_length(_log.text), 0).label("bytes"))
    .where(_log.id > _begin)
    .order_by(_log.id)
    .limit(ROWS_PER_INSERT)
    .subquery()
)
_sums = select(
    _next.c.id, (func.sum(_next.c.bytes).over(order_by=_next.c.id) - _next.c.bytes).label("before")
).subquery()
_find_next_end = select(func.max(_sums.c.id)).where(_sums.c.before < BYTES_PER_INSERT)
_texts = select(_log.id, _log.text).where(SPOKEN, _log.text != "")
_texts_in_range = _texts.where(_log.id > _begin, _log.id <= _limit)
_add = insert(_index).from_select(["id", "text"], _texts_in_range)
_add_missing = insert(_index).from_select(
    ["id", "text"], _texts_in_range.where(~exists().where(_index.c.id == _log.id))
)
_remove_wrong = delete(_index).where(
    _index.c.id > _begin,
    _index.c.id <= _limit,
    ~exists().where(_log.id == _index.c.id, _log.text == _index.c.text, SPOKEN),
)
_merge_pending_list = text("SELECT gin_clean_pending_list('spoken_index_trigrams')")
# The names that PostgreSQL gives to the indexes of an interrupted REINDEX CONCURRENTLY.
_find_remains = text(r"""
    SELECT indexrelid::regclass FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = 'spoken_index'::regclass AND relname ~ '^spoken_index_trigrams_cc(new|old)[0-9]*$'
""")


class PostgreSQLFulltext:
    """The GIN index, and the table of the texts that it covers."""

    needs_log_lock = False

    def end(self, connection: Connection) -> int:
        """Return the position of the last indexed row."""
        return int(connection.execute(_position).scalar_one())

    def extend(self, connection: Connection) -> int:
        """Index the next rows, at least one, and store the new end."""
        end = _lock(connection)
        deadline = time.monotonic() + STEP_SECONDS
        while (following := connection.scalar(_find_next_end, {"begin": end})) is not None:
            connection.execute(_add, {"begin": end, "end": following})
            end = following
            if time.monotonic() >= deadline:
                break
        connection.execute(update(_end).values(position=end))
        return end

    def flush(self, connection: Connection) -> None:
        """Merge the pending list of the GIN index.

        The merge writes each trigram once for all messages of the list. An insert that finds the
        list too long would do the same, but with the row of `spoken_index_end` locked.
        """
        connection.execute(_merge_pending_list)

    def rebuild(self, database: Database) -> None:
        """Correct the texts, build the GIN index again, then index the remaining rows.

        It is built beside the old one, which blocks neither writes nor searches, but waits for
        transactions that are open when it starts, however long they take.
        """
        end = 0
        while (previous := end) < (end := self._correct(database, previous)):
            pass
        _rebuild_gin_index(database)
        while (previous := end) < (end := self._extend(database)):
            pass
        with database.engine.begin() as connection:
            self.flush(connection)

    def _correct(self, database: Database, begin: int) -> int:
        """Replace entries that differ from the log; return the end of the rows compared."""
        with database.engine.begin() as connection:
            end = min(begin + ROWS_PER_CORRECTION, _lock(connection))
            connection.execute(_remove_wrong, {"begin": begin, "end": end})
            connection.execute(_add_missing, {"begin": begin, "end": end})
        return end

    def _extend(self, database: Database) -> int:
        with database.engine.begin() as connection:
            return self.extend(connection)

    def remove(self, connection: Connection, positions: Sequence[int]) -> None:
        """Delete the entries of the rows; the next VACUUM removes their trigrams."""
        _lock(connection)
        connection.execute(delete(_index).where(_index.c.id.in_(positions)))

    def restore(self, connection: Connection, positions: Sequence[int]) -> None:
        """Insert entries for the rows, except for those that follow the indexed rows."""
        indexed = _texts.where(_log.id.in_(positions), _log.id <= _lock(connection))
        connection.execute(insert(_index).from_select(["id", "text"], indexed))

    def needs_merge(self, connection: Connection) -> bool:
        """Return False: VACUUM maintains the index."""
        return False

    def merge(self, connection: Connection, pages: int = 0) -> None:
        """Do nothing: VACUUM maintains the index."""

    def candidates(self, words: Sequence[str], newest: bool) -> list[Select[Any]]:
        """Return a query that scans the unindexed rows, and one for the others.

        For the latter, the planner chooses between the GIN index and a scan in the log's order.
        """
        log = select(EventRow.__table__)
        unindexed = log.where(_log.id > _position.scalar_subquery(), SPOKEN)
        trigrams = collate(func.spoken_trigrams(_index.c.text), "C")  # the collation of the index
        conditions = [trigrams.op("@>")(func.spoken_trigrams(word)) for word in words]
        indexed = log.join_from(_index, EventRow.__table__, _index.c.id == _log.id).where(*conditions)
        if newest:
            return [unindexed.order_by(_log.id.desc()), indexed.order_by(_index.c.id.desc())]
        return [unindexed.order_by(_log.id), indexed.order_by(_index.c.id)]

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


def _lock(connection: Connection) -> int:
    """Lock the index until the transaction ends, and return the position of its end."""
    return int(connection.execute(_position.with_for_update()).scalar_one())


def _rebuild_gin_index(database: Database) -> None:
    with closing(database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")) as connection:
        connection.detach()  # so that the setting ends with it
        connection.execute(text("SET lock_timeout = 0"))
        for name in connection.scalars(_find_remains).all():
            connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))
        connection.execute(text("REINDEX INDEX CONCURRENTLY spoken_index_trigrams"))
