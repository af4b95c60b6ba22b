"""Reclaims the space of removed rows, in short steps beside a running server."""

import time

from app.clock import Clock
from app.db.database import Database
from app.db.space import space_of
from app.services.administration import audit
from app.services.erasure.purge import merge_index, purge_files

SHRINK_PAGES = 64  # returned in one step: some milliseconds
PAUSE_SECONDS = 0.01  # between two steps, for a server to take the log's lock


def reclaim(database: Database) -> bool:
    """Purge removed texts from the index, return free pages, and empty the write-ahead log.

    Return False if a reader needs the log all the time; it still contains removed texts then, until
    it starts over.
    """
    merge_index(database)
    _return_pages(database)
    return purge_files(database)


def vacuum_database(database: Database, clock: Clock, actor: str) -> tuple[int, int]:
    """Return all free space; return the size of the database before and after, in bytes.

    Raises: DatabaseRefused if a server runs on SQLite, where it would have to wait for minutes;
        StorageError when there is no room for the copy.
    """
    space, before = space_of(database.engine), _size(database)
    space.vacuum(database)
    after = _size(database)
    entry = audit.make_audit_row(clock, actor, "db.vacuum", before=before, after=after)
    audit.append_now(database, entry)
    return before, after


def _size(database: Database) -> int:
    with database.reading() as session:
        return database.dialect.size(session.connection())


def _return_pages(database: Database) -> None:
    is_compact = False
    while not is_compact:
        with database.locked() as connection:
            space = space_of(connection)
            is_compact = space.count_free_pages(connection) == 0
            if not is_compact:
                space.shrink(connection, SHRINK_PAGES)
        time.sleep(PAUSE_SECONDS)
