"""Pauses between the steps of long work, in which a running server may take the log's lock."""

import time

from app.db.database import Database

MIN_PAUSE_SECONDS = 0.001
PAUSE_FACTOR = 4  # the pause after a step, as a multiple of its duration


def pause_after_step(database: Database, started: float) -> None:
    """Leave the log's lock to a running server for longer than a step held it.

    A writer that waits for SQLite looks for the lock less and less often. `started` is when the
    step began, in monotonic seconds.
    """
    duration = time.monotonic() - started
    if database.dialect.has_server(database.engine):
        time.sleep(max(duration * PAUSE_FACTOR, MIN_PAUSE_SECONDS))
