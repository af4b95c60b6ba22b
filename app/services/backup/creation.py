"""Creates backups while the server runs.

A backup gets its name when it is complete, verified and on disk. Its manifest comes first, so that
there is no moment at which a backup has none; an interruption in between leaves a manifest alone,
which the next backup to the same folder removes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from app.atomic_write import replacing
from app.clock import Clock, to_iso
from app.db.chain.links import find_digest
from app.db.database import Database, parse_database_url
from app.db.log import get_last_id
from app.db.migration import schema
from app.errors import StorageError
from app.progress import Report
from app.services.backup.copying import copy_to_file, describe_failure
from app.services.backup.manifest import Manifest, hash_file, manifest_path, write_manifest
from app.services.backup.naming import choose_file, partial_file, remove_interrupted
from app.services.backup.verification import count_rows, find_content_problems
from app.services.copying import name_source


@dataclass(frozen=True, slots=True)
class NewBackup:
    """A backup that was created, and the problems found in it, which the database has as well."""

    file: Path
    manifest: Manifest
    problems: list[str]


def create_backup(database: Database, place: Path, clock: Clock, version: str, report: Report) -> NewBackup:
    """Create a backup at `place`, a new file or a folder, and verify it.

    A database with problems is backed up as well: the copy has the same problems.

    Raises: AlreadyExists, NotFound; StorageError when it cannot be written, and nothing is left.
    """
    with explaining_failures(database, place):
        remove_interrupted(database, place)
        file = choose_file(database, place, clock.now())
        with _with_manifest(file), replacing(file, partial_file(file)) as partial:
            started = clock.now()
            copy_to_file(database, partial, report)
            manifest = describe_copy(database, file.name, partial, to_iso(started), version)
            problems = find_content_problems(partial, manifest)
            manifest = manifest.verified_at(None if problems else to_iso(clock.now()))
            write_manifest(file, manifest)
    return NewBackup(file, manifest, problems)


@contextmanager
def explaining_failures(database: Database, place: Path) -> Iterator[None]:
    """Translate the errors of a copy to `place`.

    Raises: StorageError; DBAPIError when not the copy but the database is the cause.
    """
    with database.reading() as session:
        get_last_id(session.connection())
    try:
        yield
    except BlockingIOError as error:
        raise StorageError(f"Another backup is being written to {place}; wait until it ends.") from error
    except (sqlite3.Error, DBAPIError, OSError) as error:
        reason = describe_failure(error)
        raise StorageError(
            f"The backup to {place} failed ({reason}); nothing was left there. "
            "Make room or check the folder, and try again."
        ) from error


@contextmanager
def _with_manifest(file: Path) -> Iterator[None]:
    """Remove the manifest of a backup that fails."""
    try:
        yield
    except BaseException:
        manifest_path(file).unlink(missing_ok=True)
        raise


def describe_copy(database: Database, name: str, copy: Path, created: str, version: str) -> Manifest:
    """Return the manifest of a copy, from what the copy contains."""
    read = Database(parse_database_url(str(copy)))
    _, revision = schema.inspect_database(read)
    engine = read.dialect.open_read_only(read.url)
    with engine.connect() as connection:
        position, tables = get_last_id(connection), count_rows(connection)
        digest = find_digest(connection, position)
    return Manifest(
        file=name,
        created=created,
        version=version,
        database=name_source(database),
        dialect=database.dialect.name,
        revision=revision or "",
        position=position,
        digest=None if digest is None else digest.hex(),
        tables=tables,
        bytes=copy.stat().st_size,
        sha256=hash_file(copy),
    )
