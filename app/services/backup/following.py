"""Keeps a copy of a running SQLite database up to date.

Each step is one transaction on the copy that reads one state of the database, so the copy is at any
moment a database with which a server can start. It appends what is new in the log, and compares all
other tables. Older events are compared when there is a sign of changes (commitments and tombstones
of the hash chain, missing rows, redactions), and from time to time in any case.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.db.chain.links import find_digest
from app.db.copying import mirror
from app.db.copying.table_shape import TableShape
from app.db.database import Database, parse_database_url
from app.db.fulltext import fulltext_of
from app.db.log import get_last_id
from app.db.migration import revisions
from app.db.models import EventCommitmentRow, EventRow, EventTombstoneRow, HashChainRow
from app.errors import DatabaseRefused, StorageError
from app.events import Kind
from app.services.backup.manifest import (
    Manifest,
    manifest_path,
    read_manifest,
    write_manifest,
)
from app.services.copying.tables import all_tables

POLL_SECONDS = 0.2  # between two looks at the database
COMPARISON_SECONDS = 60.0  # between two comparisons of the whole log
MANIFEST_SECONDS = 10.0  # between two updates of the manifest
BUSY_TIMEOUT_MS = 15_000
CHUNK_ROWS = 1_000

_LOG, _CHAIN = EventRow.__tablename__, HashChainRow.__tablename__
_SIGNS = (EventCommitmentRow.__tablename__, EventTombstoneRow.__tablename__)
_tables = {table.name: table for table in all_tables()}
_others = [table for table in all_tables() if table.name not in (_LOG, _CHAIN)]
_event = EventRow.__table__.c


class Follower:
    """Brings a followed copy up to date, again and again. It holds the claim on the copy."""

    def __init__(self, source: Database, file: Path) -> None:
        self._source = source
        self._file = file
        self._copy = Database(parse_database_url(str(file)), BUSY_TIMEOUT_MS)
        self._compared_at = 0.0
        self._described_at = 0.0
        self._version: int | None = None

    @contextmanager
    def opened(self) -> Iterator[Connection]:
        """Claim the copy, and open it with the source attached.

        Raises: DatabaseRefused when a server or another follower uses the copy.
        """
        with (
            closing(self._copy.dialect.claim(self._copy.engine)),
            closing(self._copy),
            self._translated(),
            self._copy.engine.connect() as connection,
        ):
            mirror.attach_source(connection, str(Path(str(self._source)).resolve()))
            yield connection

    def run(self, connection: Connection) -> None:
        """Follow the source until the process ends.

        Raises: StorageError; DatabaseRefused when the source is no longer the same database.
        """
        with self._source.engine.connect() as watched:
            while True:
                version = self._source.dialect.version(watched)
                if version != self._version:
                    self._version = version
                    self.step(connection)
                elif fulltext_of(connection).needs_merge(connection):
                    with connection.begin():
                        fulltext_of(connection).merge(connection)
                if lost := self._source.dialect.find_lost_files():
                    raise StorageError(f"{lost}; the copy {self._file} ends there.")
                time.sleep(POLL_SECONDS)

    def step(self, connection: Connection) -> int:
        """Make the copy equal to the present state of the source; return the last position.

        Raises: StorageError; DatabaseRefused.
        """
        with connection.begin():
            self._require_same(connection)
            self._mirror(connection)
            last_id = get_last_id(connection)
        self._extend_index(connection, last_id)
        self._update_manifest(connection)
        return last_id

    def _require_same(self, connection: Connection) -> None:
        """Check that the source is still the database that was copied.

        Raises: DatabaseRefused.
        """
        revision = mirror.read_source_revision(connection)
        if revision != revisions.head():
            raise DatabaseRefused(
                f"{self._source} has another schema now ({revision}); {self._file} is unchanged. Move it away, "
                "and start `chat-admin backup follow` of that version."
            )
        if not mirror.is_same_log(connection):
            raise DatabaseRefused(
                f"{self._file} has messages that {self._source} does not have: one of them was used or replaced "
                "meanwhile. Nothing was changed; move the copy away to start a new one."
            )

    def _mirror(self, connection: Connection) -> None:
        is_changed = _shows_changes(connection)
        mirror.append_rows(connection, _tables[_LOG])
        mirror.append_rows(connection, _tables[_CHAIN])
        deleted = {table.name: mirror.delete_differing(connection, table) for table in reversed(_others)}
        inserted = {table.name: _complete(connection, table) for table in _others}
        is_changed |= any(deleted[name] or inserted[name] for name in _SIGNS)
        now = time.monotonic()
        if is_changed or now - self._compared_at >= COMPARISON_SECONDS or not self._compared_at:
            _compare_log(connection)
            self._compared_at = now

    def _extend_index(self, connection: Connection, last_id: int) -> None:
        """Index the new messages, in steps of their own: those not yet indexed are found anyway."""
        is_complete = False
        while not is_complete:
            with connection.begin():
                is_complete = fulltext_of(connection).extend(connection) >= last_id

    def _update_manifest(self, connection: Connection) -> None:
        """Write the position and its digest into the manifest, after they are in the copy."""
        now = time.monotonic()
        if now - self._described_at < MANIFEST_SECONDS and self._described_at:
            return
        with connection.begin():
            position = get_last_id(connection)
            digest = find_digest(connection, position)
        found: Manifest = read_manifest(self._file)
        changed = replace(found, position=position, digest=None if digest is None else digest.hex())
        try:
            write_manifest(self._file, changed)
        except OSError as error:
            raise StorageError(
                f"{manifest_path(self._file)} cannot be written ({error.strerror}); the copy is up to date with "
                f"position {position}. Make room, and start the command again."
            ) from error
        self._described_at = now

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Translate database errors.

        Raises: StorageError.
        """
        try:
            yield
        except DBAPIError as error:
            if not self._copy.dialect.is_transient_error(error):
                raise
            raise StorageError(
                f"{self._file} cannot be brought up to date with {self._source} ({error.orig}); it keeps the "
                "last complete state. Start the command again when the cause is removed."
            ) from error


def _shows_changes(connection: Connection) -> bool:
    """Return whether older events may have changed, before anything is copied."""
    last_id = get_last_id(connection)
    return (
        mirror.has_lost_rows(connection, _tables[_LOG])
        or mirror.is_chain_behind(connection)
        or mirror.has_new_kind(connection, last_id, Kind.REDACTED.value)
    )


def _complete(connection: Connection, table: TableShape) -> int:
    """Make a table equal after those that it references; return the number of rows inserted."""
    mirror.delete_differing(connection, table)
    return mirror.insert_missing(connection, table)


def _compare_log(connection: Connection) -> None:
    """Make all events, their entries in the search index, and the hash chain equal."""
    index = fulltext_of(connection)
    changed = mirror.find_differing_keys(connection, _tables[_LOG])
    chunks = [changed[start : start + CHUNK_ROWS] for start in range(0, len(changed), CHUNK_ROWS)]
    for chunk in chunks:
        index.remove(connection, chunk)
    mirror.delete_differing(connection, _tables[_LOG])
    mirror.insert_missing(connection, _tables[_LOG])
    for chunk in chunks:
        index.restore(connection, chunk)
    _complete(connection, _tables[_CHAIN])
