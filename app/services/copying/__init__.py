"""Copies a chat database into another one, on SQLite or PostgreSQL.

    with open_snapshot(source) as snapshot:
        report = copy_database(snapshot, CopyTarget(target, name_source(source)), advance, record)

copies one consistent state, verifies it, and leaves a database that a server can start on. The
target must be empty or missing. Until the copy is finished, the target is marked, and a server
refuses it; the same call continues a copy that was interrupted. `SwitchOver` does the same while a
server uses the source.
"""

from app.services.copying.row_digest import TableDigest
from app.services.copying.switch_over import SwitchOver, claimed_target, require_claimable
from app.services.copying.target import CopyTarget
from app.services.copying.whole import CopyReport, copy_database, count_rows, name_source, open_snapshot

__all__ = [
    "CopyReport",
    "CopyTarget",
    "SwitchOver",
    "TableDigest",
    "claimed_target",
    "copy_database",
    "count_rows",
    "name_source",
    "open_snapshot",
    "require_claimable",
]
