"""The audit log of administrative changes. It never contains secrets."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from app.clock import Clock, to_datetime
from app.db.database import Database
from app.db.fulltext import fulltext_of
from app.db.models import AuditRow


class AuditEntry(NamedTuple):
    """An entry of the audit log."""

    at: datetime
    actor: str
    action: str
    target: str
    detail: dict[str, Any]


def make_audit_row(clock: Clock, actor: str, action: str, target: str = "", **detail: Any) -> AuditRow:
    """Return an entry with the current time, omitting details that are None."""
    return AuditRow(
        at=clock.now(),
        actor=actor,
        action=action,
        target=target,
        detail={name: value for name, value in detail.items() if value is not None} or None,
    )


def append(connection: Connection, entry: AuditRow) -> None:
    """Insert an entry in the caller's transaction."""
    columns = ("at", "actor", "action", "target", "detail")
    connection.execute(insert(AuditRow), [{name: getattr(entry, name) for name in columns}])


def append_now(database: Database, entry: AuditRow) -> None:
    """Insert an entry in a transaction of its own, for actions that change nothing else."""
    with database.locked() as connection:
        append(connection, entry)


def find_latest_entries(
    session: Session,
    limit: int,
    since: int | None = None,
    actor: str | None = None,
    action: str | None = None,
) -> list[AuditEntry]:
    """Return the newest `limit` entries in chronological order, optionally filtered.

    `since` is in milliseconds since the Unix epoch; `actor` is a substring to match, and `action` a
    prefix, such as `user`.
    """
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if since is not None:
        query = query.where(AuditRow.at >= since)
    if actor is not None:
        query = query.where(fulltext_of(session.connection()).contains(AuditRow.actor, actor))
    if action is not None:
        query = query.where(AuditRow.action.startswith(action, autoescape=True))
    found = [
        AuditEntry(to_datetime(row.at), row.actor, row.action, row.target, row.detail or {})
        for row in session.scalars(query)
    ]
    return found[::-1]
