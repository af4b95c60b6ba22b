"""Copies a snapshot of an SQLite database while other programs write to it.

SQLite's backup API starts again whenever another connection commits, which on a busy server is
before each step. The copy is therefore made in a read transaction, whose snapshot does not change.

Until such a transaction ends, SQLite cannot reuse the write-ahead log, so the log grows by all that
is written meanwhile. The copy reads at full speed, in steps between which other threads run. If the
log has grown by MAX_LOG_GROWTH_BYTES, or by half of what was free on its disk, the copy is
abandoned: the copy can be repeated, but a full disk would stop the server.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.errors import StorageError
from app.progress import Report

PAGES_PER_STEP = 256  # 1 MiB, which takes about a millisecond
MAX_LOG_GROWTH_BYTES = 1 << 30


def copy_snapshot(
    source: sqlite3.Connection,
    path: Path,
    target: Path,
    report: Report = lambda copied, total: None,
) -> None:
    """Copy the database at `path`, which `source` has open without a transaction, to an empty file.

    The copy does not use a write-ahead log, so it is a single file. The caller syncs it.

    Raises: StorageError when the copy was abandoned; sqlite3.Error; OSError.
    """
    limit = LogGrowthLimit(path)

    def advance(status: int, remaining: int, total: int) -> None:
        limit.check()
        report(total - remaining, total)

    with without_companions(target), closing(sqlite3.connect(target, isolation_level=None)) as copy:
        for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF"):
            copy.execute(statement).fetchall()
        source.execute("BEGIN")
        try:
            source.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # begins the snapshot
            source.backup(copy, pages=PAGES_PER_STEP, progress=advance)
        finally:
            source.rollback()
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()


@contextmanager
def without_companions(database: Path) -> Iterator[None]:
    """Remove the files that SQLite may have left beside a database, before and after the block."""
    companions = [Path(f"{database}{suffix}") for suffix in ("-journal", "-wal", "-shm")]
    try:
        for file in companions:
            file.unlink(missing_ok=True)
        yield
    finally:
        for file in companions:
            file.unlink(missing_ok=True)


class LogGrowthLimit:
    """The size to which the write-ahead log of a database may grow while it is copied."""

    def __init__(self, path: Path) -> None:
        self._log = Path(f"{os.path.realpath(path)}-wal")
        disk = os.statvfs(self._log.parent)
        self._growth = min(MAX_LOG_GROWTH_BYTES, disk.f_bavail * disk.f_frsize // 2)
        self._limit = self._size() + self._growth

    def check(self) -> None:
        """Raise StorageError if the log has grown beyond the limit."""
        if self._size() > self._limit:
            raise StorageError(
                f"The copy was abandoned: meanwhile {self._log} grew by {self._growth >> 20} MiB, which only "
                "the end of the copy releases. Make room, or copy to a faster disk, and try again."
            )

    def _size(self) -> int:
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return 0
