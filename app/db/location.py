"""Checks the location of the database without changing it."""

import os
from pathlib import Path

from app.db.database import Database


def find_location_problem(database: Database) -> str | None:
    """Return a sentence explaining why the server cannot use the location, or None."""
    if database.dialect.name != "sqlite":
        return None
    path = Path(database.url.database or "")
    if not path.parent.is_dir():
        return f"The database folder {path.parent} does not exist; create it, or name another file with -d."
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return (
            f"The database folder {path.parent} is not writable; change that, or name another file with -d."
        )
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return f"{path} is not readable and writable by this user; change that, or name another file with -d."
    return None
