"""Completes an erasure, and removes what is left in the files of the database.

A running server takes the steps itself, between its batches: `chat-admin` would compete with it for
the log's lock, and every batch of that time would wait. So the steps are taken here only if no
server is running, or it does not advance.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from app.clock import Clock
from app.db.database import Database
from app.db.fulltext import fulltext_of
from app.db.space import space_of
from app.progress import Advance
from app.services.erasure import steps
from app.services.erasure.steps import ErasurePhase, Progress, find_progress, finish
from app.services.step_pause import pause_after_step

POLL_SECONDS = 0.05  # of the progress of a server
SERVER_STEP_SECONDS = 5.0  # without a step, until a server is not waited for any longer
SERVER_MERGE_SECONDS = 60.0  # for a server to merge a large search index while it is busy
PURGE_SECONDS = 10.0  # to wait for readers of the write-ahead log
RETRY_SECONDS = 0.2
MERGED_PAGES = 20  # of the search index, per transaction: about 4 ms


def count_positions(database: Database, erasure: int | None = None) -> int:
    """Return the number of log positions that an erasure passes, for a progress bar."""
    progress = _find(database, erasure)
    return 0 if progress is None else progress.total


def complete_erasure(database: Database, clock: Clock, erasure: int, advance: Advance) -> bool:
    """Complete an erasure; return False if files could not be purged yet.

    A running server then purges them later. `advance` is called with numbers of log positions.
    """
    report = _Report(advance)
    if _await_server(database, erasure, report):
        return database.dialect.server_purges or purge_files(database)
    _take_steps(database, erasure, report)
    if not purge_files(database):
        return False
    with database.locked() as connection:
        finish(connection, clock, erasure)
    return True


def complete_pending(database: Database, clock: Clock, advance: Advance) -> tuple[int, bool]:
    """Complete all erasures; return their number, and whether the files are purged."""
    completed = 0
    while True:
        progress = _find(database)
        if progress is None:
            return completed, purge_files(database)
        if not complete_erasure(database, clock, progress.erasure, advance):
            return completed, False
        completed += 1


class _Report:
    """Reports how far an erasure is."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._passed = 0

    def __call__(self, progress: Progress) -> None:
        self._advance(progress.passed - self._passed)
        self._passed = progress.passed


def _find(database: Database, erasure: int | None = None) -> Progress | None:
    with database.reading() as session:
        return find_progress(session.connection(), erasure)


def _await_server(database: Database, erasure: int, report: Callable[[Progress], None]) -> bool:
    """Watch a running server take the steps; return whether it completed the erasure.

    A server that stops, or takes no step for seconds, is not waited for.
    """
    seen, since = None, time.monotonic()
    while database.dialect.has_server(database.engine):
        progress = _find(database, erasure)
        if progress is None:
            return True
        if progress != seen:
            report(progress)
            seen, since = progress, time.monotonic()
        elif time.monotonic() - since >= _server_seconds(progress):
            return False
        time.sleep(POLL_SECONDS)
    return False


def _server_seconds(progress: Progress) -> float:
    return SERVER_MERGE_SECONDS if progress.phase is ErasurePhase.FILES else SERVER_STEP_SECONDS


def _take_steps(database: Database, erasure: int, report: Callable[[Progress], None]) -> None:
    """Take the steps of an erasure, pausing after each for a server."""
    is_complete = False
    while not is_complete:
        with _begin_lazily(database) as connection:
            started = time.monotonic()
            progress = steps.advance(connection, erasure)
        if progress is not None:
            report(progress)
        is_complete = progress is None or progress.phase is ErasurePhase.FILES
        pause_after_step(database, started)


@contextmanager
def _begin_lazily(database: Database) -> Iterator[Connection]:
    """Begin a transaction that holds the log's lock, but does not hold it until the disk has it.

    What a power failure undoes is done again.
    """
    with database.connect_to_append() as connection, space_of(connection).begin_lazily(connection):
        yield connection


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
    """Merge the search index until no part of it contains removed text.

    A running server has some time to do that.
    """
    deadline = time.monotonic() + SERVER_MERGE_SECONDS
    while _needs_merge(database):
        if time.monotonic() < deadline and database.dialect.has_server(database.engine):
            time.sleep(POLL_SECONDS)
        else:
            _merge_some_pages(database)


def _needs_merge(database: Database) -> bool:
    with database.engine.connect() as connection:
        return fulltext_of(connection).needs_merge(connection)


def _merge_some_pages(database: Database) -> None:
    with _begin_lazily(database) as connection:
        started = time.monotonic()
        fulltext_of(connection).merge(connection, MERGED_PAGES)
    pause_after_step(database, started)
