"""The receipt of an erasure: what was erased, what was kept, and where copies may remain."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import to_iso
from app.db.models import AuditRow, ErasureRow
from app.services.erasure.preview import as_rows

KEPT = (
    ("audit", "that the account did or was subject to administrative actions, under the pseudonym"),
    ("name_reservation", "a keyed digest of the name, so that nobody uses it while it is reserved"),
    ("event", "positions and digests of removed rows, which prove that nothing else was removed"),
    ("import_mark", "digests of rows imported from a predecessor program, so that they stay removed"),
)
ELSEWHERE = (
    "Backups and exports made before that the server does not know, and copies that clients keep.",
    "The server's log output, which has names and addresses of connections and logins.",
    "On PostgreSQL: its write-ahead log and standby servers, until they are recycled.",
)


def find_receipt(session: Session, erasure: int) -> dict[str, Any] | None:
    """Return the receipt of an erasure, or None if it is not complete."""
    if session.get(ErasureRow, erasure) is not None:
        return None
    entries = session.scalars(select(AuditRow).where(AuditRow.action.in_(("user.erased", "room.erased"))))
    for entry in entries:
        if entry.detail and entry.detail.get("erasure") == erasure:
            return _describe(entry, entry.detail)
    return None


def _describe(entry: AuditRow, detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "erasure": detail["erasure"],
        "pseudonym": entry.target,
        "completed": to_iso(entry.at),
        "messages": detail.get("messages"),
        "rows": [asdict(rows) for rows in as_rows(detail.get("tables", {}))],
        "kept": [{"table": table, "why": why} for table, why in KEPT],
        "backups": detail.get("backups", []),
        "elsewhere": list(ELSEWHERE),
    }
