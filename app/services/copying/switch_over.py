"""Moves a chat to another database while its server runs, and stops it only for the last step.

The copy follows the running server until the server stops. The last step holds the server's claim
on the source and the log's lock, so nothing can be written there any more: it copies the latest
rows, compares all tables row by row, corrects what was changed or deleted meanwhile, and finishes
the target.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

from sqlalchemy import URL, Connection

from app.db.database import Database
from app.db.migration import schema
from app.errors import DatabaseRefused
from app.progress import Advance
from app.services.copying.tables import independent_tables
from app.services.copying.target import CopyTarget
from app.services.copying.whole import (
    CopyReport,
    Record,
    continuable,
    copy_database,
    copy_new_rows,
    equalise,
    open_snapshot,
)

SNAPSHOT_SECONDS = 10.0  # while one is held, the write-ahead log of the source grows
FOLLOW_SECONDS = 1.0  # between two looks at a running server


class SwitchOver:
    """A copy of a database that a server may be using."""

    def __init__(self, source: Database, target: CopyTarget, advance: Advance) -> None:
        self._source = source
        self._target = target
        self._advance = advance

    def catch_up(self) -> None:
        """Copy everything, and make the target equal to one state of the source.

        Raises: StorageError; the progress is then kept.
        """
        with continuable(self._target):
            while not self._copy_from_one_snapshot():
                pass
            with open_snapshot(self._source) as snapshot:
                equalise(snapshot, self._target)

    def _copy_from_one_snapshot(self) -> bool:
        """Copy new rows for a while; return whether there are no more."""
        end = time.monotonic() + SNAPSHOT_SECONDS
        with open_snapshot(self._source) as snapshot:
            for rows in copy_new_rows(snapshot, self._target):
                self._advance(rows)
                if time.monotonic() >= end:
                    return False
        return True

    def follow(self) -> None:
        """Copy the latest rows of the log, so that the last step has less to do."""
        with continuable(self._target), open_snapshot(self._source) as snapshot:
            for rows in copy_new_rows(snapshot, self._target, independent_tables()[:1]):
                self._advance(rows)

    def finish_if_stopped(self, record: Record) -> CopyReport | None:
        """Finish the copy and return what it contains, or None if a server uses the source."""
        self._source.close()
        with ExitStack() as stack:
            try:
                stack.enter_context(claimed(self._source.url))
            except DatabaseRefused:
                return None
            stack.callback(self._source.close)
            return self._finish(record)

    def _finish(self, record: Record) -> CopyReport:
        with self._source.locked(_is_unchanged, 0), open_snapshot(self._source) as snapshot:
            return copy_database(snapshot, self._target, self._advance, record)

    def wait_and_finish(self, record: Record) -> CopyReport:
        """Follow the running server until it stops, then finish the copy."""
        while (report := self.finish_if_stopped(record)) is None:
            self.follow()
            time.sleep(FOLLOW_SECONDS)
        return report


def _is_unchanged(connection: Connection) -> bool:
    """Return True: the transaction changes nothing, so it does not matter how it ended."""
    return True


@contextmanager
def claimed(url: URL) -> Iterator[None]:
    """Claim a database, like a server. No connection of this process may be open to it before.

    Raises: DatabaseRefused when a server holds the claim.
    """
    with closing(Database(url)) as database, closing(database.dialect.claim(database.engine)):
        yield


def require_claimable(database: Database) -> None:
    """Check that the claim on a database can be taken now, or once its server has stopped.

    Raises: StorageError when the files of the claim cannot be opened.
    """
    database.close()
    with suppress(DatabaseRefused), claimed(database.url):
        pass


@contextmanager
def claimed_target(database: Database) -> Iterator[None]:
    """Claim the database to copy to; create its file if it is missing.

    Raises: DatabaseRefused when it is in use or belongs to another program.
    """
    if schema.inspect_database(database)[0] is not schema.DatabaseState.UNFINISHED:
        state, _ = schema.require_own_database(database)
        if state is schema.DatabaseState.MISSING:
            database.dialect.create_file(database.url)
    database.close()
    with claimed(database.url):
        yield
        database.close()
