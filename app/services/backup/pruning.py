"""Deletes old backups of a database from a folder."""

from collections.abc import Sequence
from pathlib import Path

from app.db.database import Database
from app.services.backup.manifest import InvalidManifest, Manifest, manifest_path, read_manifest
from app.services.backup.naming import find_own_backups


def find_old_backups(database: Database, folder: Path, source: str, keep: int) -> Sequence[Path]:
    """Return the backups of `source` in a folder that are older than the `keep` newest sound ones.

    Only files that have a manifest and a name chosen by `backup create` are among them.

    Raises: OSError.
    """
    own = [(manifest, file) for manifest, file in _read(database, folder) if manifest.database == source]
    own.sort(key=lambda backup: backup[0].created)
    sound = [manifest.created for manifest, _ in own if manifest.verified is not None]
    oldest = sound[-keep] if len(sound) >= keep else ""
    return [file for manifest, file in own if manifest.created < oldest]


def delete_backups(files: Sequence[Path]) -> None:
    """Delete backups with their manifests.

    Raises: OSError.
    """
    for file in files:
        file.unlink(missing_ok=True)
        manifest_path(file).unlink(missing_ok=True)


def _read(database: Database, folder: Path) -> list[tuple[Manifest, Path]]:
    found = []
    for file in find_own_backups(database, folder):
        try:
            found.append((read_manifest(file), file))
        except InvalidManifest:
            continue
    return found
