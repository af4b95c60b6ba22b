"""Restores a backup into an empty database, or in place of one that is set aside.

A backup is verified before anything is changed, and so is the copy of it. A server cannot start on
the target meanwhile.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.atomic_write import replacing
from app.clock import Clock, to_datetime
from app.db.copying import copy_state
from app.db.database import Database, parse_database_url
from app.db.migration import revisions, schema
from app.db.postgresql.schemas import set_schema_aside, take_schema_back
from app.db.sqlite.replacement import claimed_file, set_aside
from app.db.sqlite.snapshot import without_companions
from app.errors import AlreadyExists, DatabaseRefused, StorageError
from app.progress import Report
from app.services.administration import audit
from app.services.backup.copying import copy_rows, describe_failure
from app.services.backup.manifest import Manifest, hash_file
from app.services.backup.naming import partial_file
from app.services.backup.records import add_to_list
from app.services.copying import CopyTarget
from app.services.copying.switch_over import claimed

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class RestoredBackup:
    """A backup in its new place, and where the database that it replaced is now.

    If it is not indexed, the server builds its search index in the background.
    """

    position: int
    kept: str | None
    is_indexed: bool


class Restore:
    """The restoring of a verified backup into a database."""

    def __init__(
        self, file: Path, manifest: Manifest, target: Database, clock: Clock, actor: str, replace: bool
    ) -> None:
        self._file = file
        self._manifest = manifest
        self._target = target
        self._clock = clock
        self._actor = actor
        self._may_replace = replace
        self._mark = f"replaced-{to_datetime(clock.now()):%Y%m%dT%H%M%SZ}"

    def check(self) -> bool:
        """Return whether the target contains a database, which will be set aside.

        Raises: AlreadyExists if that was not requested; DatabaseRefused if it belongs to another
            program, or cannot take this backup.
        """
        if self._manifest.followed:
            raise DatabaseRefused(
                f"{self._file} is a followed copy, whose contents change; nothing was changed. Stop `backup "
                f"follow`, and use `chat-admin db copy {self._file} TARGET`, or start a server on the copy."
            )
        if self._target.dialect.name == "postgresql" and self._manifest.revision != revisions.head():
            raise DatabaseRefused(
                f"{self._file} has an older schema ({self._manifest.revision}); nothing was changed. Restore "
                "it into an SQLite file, upgrade that with `chat-admin db upgrade`, and copy it with "
                "`chat-admin db copy`."
            )
        is_occupied = self._is_occupied()
        if is_occupied and not self._may_replace:
            raise AlreadyExists(
                f"{self._target} already contains a database; nothing was changed. "
                "Name another one with --to, or set it aside with --replace."
            )
        return is_occupied

    def _is_occupied(self) -> bool:
        try:
            state, _ = schema.inspect_database(self._target)
        except DatabaseRefused:
            if self._target.dialect.name == "postgresql" or not Path(str(self._target)).is_file():
                raise
            return True  # damaged: a reason to restore a backup
        if state in (schema.DatabaseState.FOREIGN, schema.DatabaseState.LEGACY):
            raise DatabaseRefused(
                f"{self._target} belongs to another program; nothing was changed. Name another one with --to."
            )
        return state is not schema.DatabaseState.MISSING

    def run(self, report: Report) -> RestoredBackup:
        """Restore the backup.

        Raises: like `check`; StorageError, and the target is as it was.
        """
        try:
            if self._target.dialect.name == "sqlite":
                return self._restore_file(Path(str(self._target)), report)
            return self._restore_rows(report)
        except (sqlite3.Error, DBAPIError, OSError) as error:
            raise StorageError(
                f"{self._file} cannot be restored to {self._target} ({describe_failure(error)}); nothing was "
                "changed. Make room or check the permissions, and try again."
            ) from error

    # into an SQLite file

    def _restore_file(self, path: Path, report: Report) -> RestoredBackup:
        self._target.close()  # its connections belong to the old file
        real = path.resolve()
        copy, kept = partial_file(real), real.with_name(f"{real.name}.{self._mark}")
        with claimed_file(path), replacing(real, copy), without_companions(copy):
            is_occupied = self.check()
            copy_file(self._file, copy, report)
            self._require_equal(copy)
            self._record_in_file(copy, kept if is_occupied else None)
            if is_occupied:
                set_aside(real, kept)
        return RestoredBackup(self._manifest.position, str(kept) if is_occupied else None, is_indexed=True)

    def _require_equal(self, copy: Path) -> None:
        if hash_file(copy) != self._manifest.sha256:
            raise StorageError(
                f"The copy of {self._file} differs from it; nothing was changed. Check the disks of both."
            )

    def _record_in_file(self, copy: Path, kept: Path | None) -> None:
        with closing(Database(parse_database_url(str(copy)))) as database, database.locked() as connection:
            self._record(connection, None if kept is None else str(kept))

    # into PostgreSQL

    def _restore_rows(self, report: Report) -> RestoredBackup:
        kept = None
        with claimed(self._target.url):
            if self.check():
                kept = set_schema_aside(self._target.engine, self._mark.replace("-", "_").lower())
            with self._undoing(kept):
                self._copy_rows(report, kept)
        return RestoredBackup(self._manifest.position, kept and f"the schema {kept}", is_indexed=False)

    @contextmanager
    def _undoing(self, kept: str | None) -> Iterator[None]:
        """Remove an incomplete copy after a failure, and put the old database back."""
        try:
            yield
        except BaseException:
            if kept is None:
                _remove_copy(self._target)
            else:
                take_schema_back(self._target.engine, kept)
            raise

    def _copy_rows(self, report: Report, kept: str | None) -> None:
        source = Database(parse_database_url(str(self._file)))
        engine = source.dialect.open_read_only(source.url)
        record = partial(self._record, kept=kept)
        with closing(engine.connect()) as connection:
            copy_rows(connection, CopyTarget(self._target, str(self._file)), report, record)

    # both

    def _record(self, connection: Connection, kept: str | None) -> None:
        """Record the restoring in the audit log of the new database, and the backup in its list."""
        manifest = self._manifest
        entry = audit.make_audit_row(
            self._clock,
            self._actor,
            "backup.restore",
            str(self._file.absolute())[:256],
            position=manifest.position,
            sha256=manifest.sha256,
            replaced=kept,
        )
        audit.append(connection, entry)
        if manifest.revision == revisions.head():
            add_to_list(connection, self._file.absolute(), manifest)


def copy_file(source: Path, target: Path, report: Report) -> None:
    """Copy the contents of a file in chunks."""
    total, done = source.stat().st_size, 0
    with source.open("rb") as reading, target.open("wb") as writing:
        while chunk := reading.read(CHUNK_BYTES):
            writing.write(chunk)
            done += len(chunk)
            report(done, total)


def _remove_copy(target: Database) -> None:
    """Remove an incomplete copy from a PostgreSQL database that was empty."""
    from app.db.migration.migrate import remove_schema  # deferred: Alembic is slow to load

    with target.reading() as session:
        is_incomplete = copy_state.exists(session.connection())
    if is_incomplete:
        remove_schema(target)
