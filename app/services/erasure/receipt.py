"""The receipt of an erasure: what was erased, what was kept, and where copies may remain."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import to_iso
from app.db.models import AuditRow, BackupRow, ErasureRow
from app.errors import ChatError, NotFound
from app.services.erasure.preview import as_rows

MAX_BYTES_WITHOUT_PATHS = 32 * 1024  # as JSON; usually 3,000
BYTES_PER_CHARACTER = 6  # at most, in JSON
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


def get_account_receipt(session: Session, pseudonym: str) -> dict[str, Any]:
    """Return the receipt of an account that was deleted, given the pseudonym that it got.

    Raises: NotFound; ChatError if its erasure is not complete.
    """
    pending = select(ErasureRow.id).where(ErasureRow.kind == "user", ErasureRow.pseudonym == pseudonym)
    if session.scalar(pending) is not None:
        raise ChatError(f"The erasure of {pseudonym} is not complete.")
    is_erased = (AuditRow.action == "user.erased", AuditRow.target == pseudonym)
    entry = session.scalar(select(AuditRow).where(*is_erased).order_by(AuditRow.id.desc()).limit(1))
    if entry is None or not entry.detail:
        raise NotFound(f"No deleted account has the pseudonym {pseudonym}.")
    return _describe(entry, entry.detail)


def count_receipt_bytes(session: Session) -> int:
    """Return how many bytes the receipt of an account may take: mostly the paths of backups."""
    paths = session.scalars(select(BackupRow.path))
    return MAX_BYTES_WITHOUT_PATHS + sum(BYTES_PER_CHARACTER * len(path) for path in paths)


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
