"""The list of known backups in the database, and the audit log's entries about them.

The list says which copies of the messages exist besides the database. A backup that was moved or
deleted by other means stays on the list until `forget`.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.orm import Session

from app.clock import Clock, from_iso, to_datetime, to_datetime_or_none
from app.db.database import Database
from app.db.models import BackupRow
from app.services.administration import audit
from app.services.backup.creation import NewBackup
from app.services.backup.manifest import Manifest


class KnownBackup(NamedTuple):
    """An entry of the list of known backups; `exists` tells whether the file is there."""

    path: str
    created: datetime
    position: int
    bytes: int
    sha256: str
    verified: datetime | None
    exists: bool


def list_known_backups(session: Session) -> list[KnownBackup]:
    """Return the known backups, oldest first."""
    rows = session.scalars(select(BackupRow).order_by(BackupRow.created, BackupRow.id))
    return [
        KnownBackup(
            row.path,
            to_datetime(row.created),
            row.position,
            row.bytes,
            row.sha256,
            to_datetime_or_none(row.verified),
            Path(row.path).is_file(),
        )
        for row in rows
    ]


def record_backup(
    database: Database, clock: Clock, actor: str, backup: NewBackup, deleted: Sequence[Path]
) -> None:
    """Add a new backup to the list, remove deleted ones, and record both in the audit log."""
    manifest = backup.manifest
    entry = audit.make_audit_row(
        clock,
        actor,
        "backup.create",
        str(backup.file)[:256],
        position=manifest.position,
        sha256=manifest.sha256,
        problems=len(backup.problems) or None,
        deleted=[file.name for file in deleted] or None,
    )
    with database.locked() as connection:
        _forget(connection, deleted)
        add_to_list(connection, backup.file, manifest)
        audit.append(connection, entry)


def add_to_list(connection: Connection, file: Path, manifest: Manifest) -> None:
    """Add a backup to the list, or replace its entry."""
    _forget(connection, [file])
    connection.execute(insert(BackupRow).values(path=str(file), **_to_row(manifest)))


def _to_row(manifest: Manifest) -> dict[str, object]:
    return {
        "created": from_iso(manifest.created),
        "position": manifest.position,
        "digest": manifest.digest,
        "sha256": manifest.sha256,
        "bytes": manifest.bytes,
        "verified": None if manifest.verified is None else from_iso(manifest.verified),
    }


def _forget(connection: Connection, files: Sequence[Path]) -> None:
    connection.execute(delete(BackupRow).where(BackupRow.path.in_([str(file) for file in files])))


def record_verification(database: Database, manifest: Manifest, at: int) -> None:
    """Record that a known backup, given by its manifest, was found to be undamaged."""
    is_known = BackupRow.sha256 == manifest.sha256
    with database.reading() as session:
        if session.scalar(select(BackupRow.id).where(is_known).limit(1)) is None:
            return
    with database.locked() as connection:
        connection.execute(update(BackupRow).where(is_known).values(verified=at))
