"""Whether the database can live where the settings put it, found out without touching it."""

import os
from pathlib import Path

from app.db.database import Database


def find_location_problem(database: Database) -> str | None:
    """Say why the server could not write there, or None when nothing here speaks against it."""
    if database.dialect.name != "sqlite":
        return None
    path = Path(database.url.database or "")
    if not path.parent.is_dir():
        return f"There is no folder {path.parent} for the database; make it, or name another with -d."
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return (
            f"The folder {path.parent} of the database is not writable; change that, or name another with -d."
        )
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return f"{path} is not readable and writable by this user; change that, or name another with -d."
    return None
