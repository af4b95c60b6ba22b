"""New SQLite databases: copies of one that was migrated once for each process.

A migration takes as long as a short test, and a property needs a new database for each example.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from app.db.database import Database, parse_database_url
from app.db.migration import schema

_migration = Lock()  # Alembic runs one at a time


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "chat.db"
        database = Database(parse_database_url(str(path)))
        schema.prepare_database(database)
        database.close()
        return path.read_bytes()


def create_chat_file(path: Path) -> Path:
    """Create a database file with the whole schema and no rows, and return its path.

    Only its owner can read it, as if the program had created it.
    """
    path.touch(0o600)
    with _migration:
        path.write_bytes(_migrated())
    return path
