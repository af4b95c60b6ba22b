"""Lists the backups in a folder, from their manifests."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from app.clock import from_iso, to_datetime
from app.services.backup.manifest import InvalidManifest, Manifest, read_manifest
from app.services.backup.naming import find_backups


class ListedBackup(NamedTuple):
    """A backup as its manifest describes it; without a readable one, only the name is known."""

    file: str
    created: datetime | None = None
    database: str | None = None
    revision: str | None = None
    position: int | None = None
    bytes: int | None = None
    verified: datetime | None = None
    problem: str | None = None


def list_backups(folder: Path) -> list[ListedBackup]:
    """Return the files in a folder that have a manifest, oldest first."""
    listed = [_describe(file) for file in find_backups(folder)]
    return sorted(listed, key=lambda backup: backup.created.timestamp() if backup.created else 0.0)


def _describe(file: Path) -> ListedBackup:
    try:
        return _from_manifest(file, read_manifest(file))
    except InvalidManifest as error:
        return ListedBackup(file.name, problem=error.sentence)


def _from_manifest(file: Path, manifest: Manifest) -> ListedBackup:
    return ListedBackup(
        file.name,
        to_datetime(from_iso(manifest.created)),
        manifest.database,
        manifest.revision,
        manifest.position,
        manifest.bytes,
        None if manifest.verified is None else to_datetime(from_iso(manifest.verified)),
        None
        if manifest.followed or file.stat().st_size == manifest.bytes
        else "The size is not that of the manifest.",
    )
