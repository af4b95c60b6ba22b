"""Copies one consistent state of a database into a new SQLite file."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.db.database import Database, parse_database_url
from app.db.sqlite.snapshot import copy_snapshot, without_companions
from app.errors import StorageError
from app.progress import Report
from app.services.backup.verification import count_rows
from app.services.copying import CopyTarget, copy_database, open_snapshot
from app.services.indexing import complete_index


def copy_to_file(database: Database, target: Path, report: Report) -> None:
    """Copy a database, which may be in use, into an empty file.

    Raises: StorageError when the copy was abandoned; sqlite3.Error, DBAPIError or OSError when the
        file cannot be written.
    """
    if database.dialect.name == "sqlite":
        _copy_pages(database, target, report)
    else:
        _copy_rows(database, target, report)


def _copy_pages(database: Database, target: Path, report: Report) -> None:
    path = Path(database.url.database or "")
    with closing(sqlite3.connect(path, isolation_level=None)) as source:
        copy_snapshot(source, path, target, report)


def _copy_rows(database: Database, target: Path, report: Report) -> None:
    """Copy the rows of all tables from one snapshot into a database with the same schema.

    Its search index is complete, so a server that starts on it finds old messages at once.
    """
    with without_companions(target):
        with closing(Database(parse_database_url(str(target)))) as file, open_snapshot(database) as source:
            copy_rows(source, CopyTarget(file, str(database)), report, lambda connection: None)
            complete_index(file)
        with closing(sqlite3.connect(target)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()


def copy_rows(
    source: Connection, target: CopyTarget, report: Report, record: Callable[[Connection], None]
) -> None:
    """Copy a snapshot into an empty database, and report the rows copied of all rows.

    Raises: DBAPIError or StorageError; CheckFailed when the copy differs.
    """
    done, total = 0, sum(count_rows(source).values())

    def advance(rows: int) -> None:
        nonlocal done
        done += rows
        report(done, total)

    try:
        copy_database(source, target, advance, record)
    except StorageError as error:
        if isinstance(error.__cause__, DBAPIError):
            raise error.__cause__ from None  # an interrupted copy is not continued here
        raise


def describe_failure(error: sqlite3.Error | DBAPIError | OSError) -> str:
    """Return the reason for which a copy failed, in a few words."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error.orig if isinstance(error, DBAPIError) else error).strip().partition("\n")[0]
