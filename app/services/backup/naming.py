"""The names of backups in a folder: `chat-20261129T203000Z.db` for the database `chat.db`."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from app.atomic_write import remove_remains
from app.clock import to_datetime
from app.db.database import Database
from app.errors import AlreadyExists, NotFound, UsageError
from app.services.backup.manifest import SUFFIX, manifest_path

PARTIAL = ".partial"  # ends the name of a backup that is being written
_TIME = r"\d{8}T\d{6}Z(-\d+)?"
_UNSAFE = re.compile(r"[^\w.-]+")


def choose_file(database: Database, place: Path, now: int) -> Path:
    """Return the path of a new backup: `place` itself, or a file in it if it is a folder.

    A name without an extension is meant as that of a folder.

    Raises: AlreadyExists; NotFound if the folder does not exist.
    """
    file = place
    if place.is_dir():
        file = _choose_name(database, place, now)
    elif not place.parent.is_dir():
        raise NotFound(f"The folder {place.parent} does not exist; create it or choose another one.")
    elif not place.suffix and not place.exists():
        raise NotFound(f"The folder {place} does not exist; create it, or name a file such as {place}.db.")
    if file.exists() or file.is_symlink():
        raise AlreadyExists(f"{file} already exists; name another file, or a folder.")
    return file.absolute()


def _choose_name(database: Database, folder: Path, now: int) -> Path:
    stem = f"{_stem(database)}-{to_datetime(now):%Y%m%dT%H%M%SZ}"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 100)))
    files = (folder / f"{name}.db" for name in names)
    found = next((file for file in files if not file.exists() and not manifest_path(file).exists()), None)
    if found is None:
        raise AlreadyExists(f"{folder} already has backups of this second; try again.")
    return found


def _stem(database: Database) -> str:
    """Return the name of a database without its extension, as part of a file name."""
    name = database.url.database or "chat"
    return _UNSAFE.sub("_", Path(name).stem) or "chat"


def find_backups(folder: Path) -> list[Path]:
    """Return the files in a folder that have a manifest, sorted by name."""
    manifests = folder.glob(f"*{SUFFIX}")
    files = (folder / manifest.name.removesuffix(SUFFIX) for manifest in manifests)
    return sorted(file for file in files if file.is_file())


def find_own_backups(database: Database, folder: Path) -> list[Path]:
    """Return the backups of a database that were named by `choose_file`, oldest first."""
    name = re.compile(rf"{re.escape(_stem(database))}-{_TIME}\.db")
    return [file for file in find_backups(folder) if name.fullmatch(file.name)]


def remove_interrupted(database: Database, place: Path) -> None:
    """Remove what interrupted backups to the same place have left.

    Raises: OSError.
    """
    for partial in _find_partial_files(database, place):
        with suppress(BlockingIOError):  # it is still being written
            remove_remains(partial)
    if place.is_dir():
        for manifest in place.glob(f"{_stem(database)}-*.db{SUFFIX}"):
            _remove_if_orphaned(manifest)


def _find_partial_files(database: Database, place: Path) -> Iterator[Path]:
    if not place.is_dir():
        yield partial_file(place)
        return
    name = re.compile(rf"{re.escape(_stem(database))}-{_TIME}\.db{re.escape(PARTIAL)}")
    yield from (file for file in place.glob(f"*{PARTIAL}") if name.fullmatch(file.name))


def _remove_if_orphaned(manifest: Path) -> None:
    """Remove a manifest whose backup was not completed."""
    file = manifest.with_name(manifest.name.removesuffix(SUFFIX))
    if not file.exists() and not partial_file(file).exists():
        manifest.unlink(missing_ok=True)


def partial_file(file: Path) -> Path:
    """Return the temporary name of a backup."""
    return file.with_name(f"{file.name}{PARTIAL}")


def require_folder(place: Path) -> None:
    """Check that a place is a folder.

    Raises: UsageError.
    """
    if not place.is_dir():
        raise UsageError(f"{place} is not a folder, and old backups are deleted only from a folder.")
