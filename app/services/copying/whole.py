"""Copies a whole database from one consistent snapshot."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.db.copying.bulk import bulk_access_of
from app.db.copying.table_shape import TableShape
from app.db.database import Database
from app.db.log import get_last_id
from app.errors import CheckFailed, StorageError
from app.progress import Advance
from app.services.copying.comparison import Comparison
from app.services.copying.reconciliation import Reconciliation, reconcile
from app.services.copying.row_digest import TableDigest
from app.services.copying.tables import independent_tables
from app.services.copying.target import CopyTarget

Record = Callable[[Connection], None]  # adds rows to the finished copy, in its last transaction


@dataclass(frozen=True, slots=True)
class CopyReport:
    """A verified copy: the last position of its log, and the contents of each table."""

    last_id: int
    tables: list[TableDigest]


def name_source(database: Database) -> str:
    """Return the name by which a target recognises its source: a whole path, or a URL."""
    return str(Path(str(database)).resolve()) if database.dialect.name == "sqlite" else str(database)


@contextmanager
def open_snapshot(database: Database) -> Iterator[Connection]:
    """Open a transaction in which all reads see the state of the database at this moment."""
    with database.snapshot() as connection:
        get_last_id(connection)  # the first query determines the state
        yield connection


def copy_database(source: Connection, target: CopyTarget, advance: Advance, record: Record) -> CopyReport:
    """Copy a snapshot into the target, verify the copy and finish it.

    It continues a copy that was interrupted, also if the source has changed since then.

    Raises: StorageError; the progress is then kept. CheckFailed when the copy differs.
    """
    with continuable(target):
        for rows in copy_new_rows(source, target):
            advance(rows)
        report = equalise(source, target)
        target.finish(record)
    return report


def copy_new_rows(
    source: Connection, target: CopyTarget, tables: Sequence[TableShape] | None = None
) -> Iterator[int]:
    """Copy the rows of independent tables that follow those already copied, page by page.

    Yield the number of rows after each page is committed; the caller may stop at any time.
    """
    for table in independent_tables() if tables is None else tables:
        for page in bulk_access_of(source).read_pages(source, table, target.find_last_key(table)):
            target.append(table, page)
            yield len(page)


def count_rows(source: Database) -> int:
    """Return the number of rows that are copied page by page, for a progress bar."""
    with source.reading() as session:
        counts = [select(func.count()).select_from(table.table) for table in independent_tables()]
        return sum(session.scalar(count) or 0 for count in counts)


def equalise(source: Connection, target: CopyTarget) -> CopyReport:
    """Make all tables of the target equal to the snapshot, and verify what was changed.

    Raises: CheckFailed when the target differs from what was written to it.
    """
    with target.database.locked(max_pause_seconds=0) as connection:
        result = reconcile(source, connection)
    with open_snapshot(target.database) as connection:
        _verify(result, source, connection)
    return CopyReport(get_last_id(source), result.digests)


def _verify(result: Reconciliation, source: Connection, target: Connection) -> None:
    """Compare the changed tables again; the others have been found equal."""
    for table in result.changed:
        if next(iter(Comparison(table, source, target)), None) is not None:
            raise CheckFailed(
                f"The table {table.name} of the copy differs from the source. Do not use the copy; "
                "check the disks of both, and copy into an empty database."
            )


@contextmanager
def continuable(target: CopyTarget) -> Iterator[None]:
    """Translate database errors into a StorageError that says how to continue.

    Raises: StorageError.
    """
    try:
        yield
    except (DataError, IntegrityError) as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise StorageError(
            f"A row cannot be stored in {target.database} ({reason}); correct it in the source, and run the "
            "command again to continue."
        ) from error
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise StorageError(
            f"The copy to {target.database} was interrupted ({reason}). What was copied is kept: "
            "run the command again to continue."
        ) from error
