"""Copies a chat database into another one, on SQLite or PostgreSQL.

    with open_snapshot(source) as snapshot:
        report = copy_database(snapshot, CopyTarget(target, str(source)), advance, record)

copies one consistent state, verifies it, and leaves a database that a server can start on. The
target must be empty or missing. Until the copy is finished, the target is marked, and a server
refuses it; the same call continues a copy that was interrupted.
"""

from app.services.copying.row_digest import TableDigest
from app.services.copying.target import CopyTarget
from app.services.copying.whole import CopyReport, copy_database, open_snapshot

__all__ = ["CopyReport", "CopyTarget", "TableDigest", "copy_database", "open_snapshot"]
