"""Runs an erasure to its end, and removes what is left in the files of the database."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from app.clock import Clock
from app.db.database import Database
from app.db.fulltext import fulltext_of
from app.db.space import space_of
from app.progress import Advance
from app.services.erasure import steps
from app.services.erasure.steps import ErasurePhase, find_progress, finish

MIN_PAUSE_SECONDS = 0.001
PAUSE_FACTOR = 4  # the pause after a transaction, as a multiple of its duration
PURGE_SECONDS = 10.0  # to wait for readers of the write-ahead log
RETRY_SECONDS = 0.2
MERGED_PAGES = 20  # of the search index, per transaction: about 4 ms


def count_positions(database: Database, erasure: int | None = None) -> int:
    """Return the number of log positions that an erasure passes, for a progress bar."""
    with database.reading() as session:
        progress = find_progress(session.connection(), erasure)
    return 0 if progress is None else progress.total


def complete_erasure(database: Database, clock: Clock, erasure: int, advance: Advance) -> bool:
    """Take all steps of an erasure; return False if files could not be purged yet.

    A running server then purges them later. `advance` is called with numbers of log positions.
    """
    _take_steps(database, erasure, advance)
    if not purge_files(database):
        return False
    with database.locked() as connection:
        finish(connection, clock, erasure)
    return True


def complete_pending(database: Database, clock: Clock, advance: Advance) -> tuple[int, bool]:
    """Complete all erasures; return their number, and whether the files are purged."""
    completed = 0
    while True:
        with database.reading() as session:
            progress = find_progress(session.connection())
        if progress is None:
            return completed, purge_files(database)
        if not complete_erasure(database, clock, progress.erasure, advance):
            return completed, False
        completed += 1


def _take_steps(database: Database, erasure: int, advance: Advance) -> None:
    """Take the steps of an erasure, pausing after each for others."""
    passed, is_complete = 0, False
    while not is_complete:
        with _begin_lazily(database) as connection:
            started = time.monotonic()
            progress = steps.advance(connection, erasure)
        if progress is not None:
            advance(progress.passed - passed)
            passed = progress.passed
        is_complete = progress is None or progress.phase is ErasurePhase.FILES
        _pause(started)


@contextmanager
def _begin_lazily(database: Database) -> Iterator[Connection]:
    """Begin a transaction that holds the log's lock, but does not hold it until the disk has it.

    What a power failure undoes is done again.
    """
    with database.connect_to_append() as connection, space_of(connection).begin_lazily(connection):
        yield connection


def _pause(started: float) -> None:
    """Leave the log's lock to others for longer than the transaction held it.

    A writer that waits for SQLite looks for the lock less and less often.
    """
    time.sleep(max((time.monotonic() - started) * PAUSE_FACTOR, MIN_PAUSE_SECONDS))


def purge_files(database: Database) -> bool:
    """Remove erased text from index and files; return False if readers prevent it."""
    merge_index(database)
    deadline = time.monotonic() + PURGE_SECONDS
    while not database.dialect.purge(database.engine):
        if time.monotonic() >= deadline:
            return False
        time.sleep(RETRY_SECONDS)
    return True


def merge_index(database: Database) -> None:
    """Merge the search index until no part of it contains removed text."""
    fulltext = fulltext_of(database.engine)
    while True:
        with _begin_lazily(database) as connection:
            started = time.monotonic()
            if not fulltext.needs_merge(connection):
                return
            fulltext.merge(connection, MERGED_PAGES)
        _pause(started)
