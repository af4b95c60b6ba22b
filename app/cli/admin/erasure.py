"""Completes an erasure, with a progress bar."""

from app.cli.admin.context import AdminContext
from app.cli.admin.progress import show_progress
from app.db.database import Database
from app.errors import ChatError
from app.services.erasure import purge

_PURGED = {
    "sqlite": "{name} contains nothing of what was deleted.",
    "postgresql": "VACUUM removed it from the tables and indexes of {name}. PostgreSQL does not overwrite it: "
    "unused space in its files, its write-ahead log, standby servers and base backups contain it until they "
    "are used again, or recycled.",
}
_NOT_PURGED = {
    "sqlite": "Another program reads the database, so the write-ahead log still contains what was erased. A "
    "running server removes it later; otherwise run `chat-admin db purge`.",
    "postgresql": "A transaction that began before may still read what was erased, so it was not removed from "
    "tables and indexes. Autovacuum does that later; or end the transaction, and run `chat-admin db purge`.",
}


def explain_purged(database: Database) -> str:
    """Return a sentence about what is left of deleted values in the files of a database."""
    return _PURGED[database.dialect.name].format(name=database)


def explain_not_purged(database: Database) -> str:
    """Return the sentences that say why the files were not purged, and what to do."""
    return _NOT_PURGED[database.dialect.name]


def complete_erasure(context: AdminContext, database: Database, erasure: int) -> None:
    """Complete an erasure, with a progress bar.

    Raises: ChatError if the files could not be purged.
    """
    with show_progress("Erasing", lambda: purge.count_positions(database, erasure)) as advance:
        is_purged = purge.complete_erasure(database, context.clock, erasure, advance)
    if not is_purged:
        raise ChatError(f"The rows were erased. {explain_not_purged(database)}")
