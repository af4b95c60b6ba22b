"""The audit trail: who changed what, when. Secrets are never part of it."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from app.clock import Clock, to_datetime
from app.db.database import Database
from app.db.models import AuditRow


class AuditEntry(NamedTuple):
    """One entry as it is read."""

    at: datetime
    actor: str
    action: str
    target: str
    detail: dict[str, Any]


def make_audit_row(clock: Clock, actor: str, action: str, target: str = "", **detail: Any) -> AuditRow:
    """Return the entry of a change; details that are None say nothing and are left out."""
    return AuditRow(
        at=clock.now(),
        actor=actor,
        action=action,
        target=target,
        detail={name: value for name, value in detail.items() if value is not None} or None,
    )


def append(connection: Connection, trace: AuditRow) -> None:
    """Store an entry in the caller's transaction."""
    columns = ("at", "actor", "action", "target", "detail")
    connection.execute(insert(AuditRow), [{name: getattr(trace, name) for name in columns}])


def append_now(database: Database, trace: AuditRow) -> None:
    """Store an entry about something that changes nothing."""
    with database.locked() as connection:
        append(connection, trace)


def find_latest_entries(
    session: Session,
    limit: int,
    since: int | None = None,
    actor: str | None = None,
    action: str | None = None,
) -> list[AuditEntry]:
    """Return the newest entries, oldest first; `action` also matches what it begins, as `user` does."""
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if since is not None:
        query = query.where(AuditRow.at >= since)
    if actor is not None:
        query = query.where(AuditRow.actor.icontains(actor, autoescape=True))
    if action is not None:
        query = query.where(AuditRow.action.startswith(action, autoescape=True))
    found = [
        AuditEntry(to_datetime(row.at), row.actor, row.action, row.target, row.detail or {})
        for row in session.scalars(query)
    ]
    return found[::-1]
