"""The copy of an SQLite database that is saved before an upgrade.

The copy gets its name only when it is complete and on disk, so a file with that name is a backup
even if the program was killed. An upgrade that starts again uses the copy it already has. No
existing file is replaced, except the remains of an interrupted copy.
"""

import os
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path
from urllib.parse import quote

from app.atomic_write import replacing
from app.db.sqlite.claim import lock_beside
from app.db.sqlite.snapshot import copy_snapshot
from app.errors import StorageError

_LAST_EVENT = "SELECT max(id), count(*) FROM event"
_REVISION = "SELECT version_num FROM alembic_version"


def back_up(path: Path, revision: str) -> Path:
    """Return a complete copy of the database at this revision; create one if there is none.

    Raises: StorageError when it cannot be written; DatabaseRefused while another program that uses
        the database writes one.
    """
    try:
        with lock_beside(path):
            return _find_or_create(path, revision)
    except (sqlite3.Error, OSError) as error:
        raise StorageError(
            f"The backup of {path} before the upgrade cannot be written ({error}); nothing was changed. "
            "Make room or check the folder, and start again."
        ) from error


def _find_or_create(path: Path, revision: str) -> Path:
    copy = path.with_name(f"{path.name}.before-upgrade-from-{revision}")
    for number in count(2):
        if not os.path.lexists(copy):
            return _create(path, copy)
        if _is_copy(copy, path, revision):
            copy.chmod(0o600)
            return copy
        copy = path.with_name(f"{path.name}.before-upgrade-from-{revision}.{number}")
    raise AssertionError("unreachable")


def _is_copy(copy: Path, path: Path, revision: str) -> bool:
    """Return whether a file is an undamaged copy of the current database."""
    try:
        with closing(_open_copy(copy)) as there, closing(sqlite3.connect(path)) as here:
            return (
                there.execute(_REVISION).fetchall() == [(revision,)]
                and there.execute(_LAST_EVENT).fetchall() == here.execute(_LAST_EVENT).fetchall()
                and there.execute("PRAGMA quick_check").fetchall() == [("ok",)]
            )
    except sqlite3.Error:
        return False


def _open_copy(copy: Path) -> sqlite3.Connection:
    """Open a file that no program writes to, without creating other files beside it."""
    return sqlite3.connect(f"file:{quote(str(copy.absolute()))}?mode=ro&immutable=1", uri=True)


def _create(path: Path, copy: Path) -> Path:
    """Copy the database, which may be in use."""
    partial = path.with_name(f"{copy.name}.partial")
    with replacing(copy, partial), closing(sqlite3.connect(path, isolation_level=None)) as source:
        copy_snapshot(source, path, partial)
    return copy
