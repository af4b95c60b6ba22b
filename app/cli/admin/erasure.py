"""Completes an erasure, with a progress bar."""

from app.cli.admin.context import AdminContext
from app.cli.admin.progress import show_progress
from app.db.database import Database
from app.errors import ChatError
from app.services.erasure import purge

NOT_PURGED = (
    "Another program reads the database, so the write-ahead log still contains what was erased. A running "
    "server removes it later; otherwise run `chat-admin db purge`."
)


def complete_erasure(context: AdminContext, database: Database, erasure: int) -> None:
    """Complete an erasure, with a progress bar.

    Raises: ChatError if the files could not be purged.
    """
    with show_progress("Erasing", lambda: purge.count_positions(database, erasure)) as advance:
        is_purged = purge.complete_erasure(database, context.clock, erasure, advance)
    if not is_purged:
        raise ChatError(f"The rows were erased. {NOT_PURGED}")
