"""The file of a followed copy: found in its folder, or created as a verified backup."""

from dataclasses import dataclass, replace
from pathlib import Path

from app.atomic_write import replacing
from app.clock import Clock, to_iso
from app.db.database import Database
from app.errors import AlreadyExists, NotFound, UsageError
from app.progress import Report
from app.services.backup.copying import copy_to_file
from app.services.backup.creation import describe_copy, explaining_failures
from app.services.backup.manifest import InvalidManifest, read_manifest, write_manifest
from app.services.backup.naming import partial_file
from app.services.backup.verification import find_content_problems


@dataclass(frozen=True, slots=True)
class FollowedCopy:
    """A followed copy, and the problems that were found in it when it was created."""

    file: Path
    problems: list[str]


def prepare_followed_copy(
    database: Database, folder: Path, clock: Clock, version: str, report: Report
) -> FollowedCopy:
    """Find the followed copy of a database in a folder, or create it.

    Raises: UsageError for PostgreSQL; NotFound; AlreadyExists when the file is something else;
        StorageError.
    """
    if database.dialect.name != "sqlite":
        raise UsageError(
            "`backup follow` needs an SQLite database. PostgreSQL has streaming replication for this purpose; "
            "see docs/admin.md."
        )
    if not folder.is_dir():
        raise NotFound(f"The folder {folder} does not exist; create it or choose another one.")
    file = (folder / f"{Path(str(database)).stem}-followed.db").absolute()
    if file.exists():
        _require_followed(database, file)
        return FollowedCopy(file, [])
    return FollowedCopy(file, _create(database, file, clock, version, report))


def _require_followed(database: Database, file: Path) -> None:
    """Check that a file is a followed copy of the database.

    Raises: AlreadyExists.
    """
    try:
        manifest = read_manifest(file)
        if manifest.followed and manifest.database == str(Path(str(database)).resolve()):
            return
    except InvalidManifest:
        pass
    raise AlreadyExists(f"{file} already exists, and is not a followed copy of {database}; move it away.")


def _create(database: Database, file: Path, clock: Clock, version: str, report: Report) -> list[str]:
    with explaining_failures(database, file.parent), replacing(file, partial_file(file)) as partial:
        created = to_iso(clock.now())
        copy_to_file(database, partial, report)
        manifest = describe_copy(database, file.name, partial, created, version)
        problems = find_content_problems(partial, manifest)
        verified = None if problems else to_iso(clock.now())
        write_manifest(file, replace(manifest, followed=True, sha256="", verified=verified))
    return problems
