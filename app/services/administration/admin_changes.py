"""Changes made by administrators: the events and their audit entry, recorded in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.clock import Clock
from app.db.database import Database
from app.db.models import AuditRow
from app.events import Event
from app.services.administration import audit


@dataclass(frozen=True, slots=True)
class AdminChange:
    """The events of a change and its audit entry. Without events, neither is recorded."""

    events: Sequence[Event]
    audit: AuditRow


@dataclass(frozen=True, slots=True)
class Administrator:
    """The context of a change: the administrator, and a session in the recording transaction.

    `actor` identifies the administrator in the audit log, `by` in events.
    """

    session: Session
    clock: Clock
    actor: str
    by: str

    def make_change(self, events: Sequence[Event], action: str, target: str, **detail: Any) -> AdminChange:
        """Return a change with its audit entry, omitting details that are None."""
        return AdminChange(events, audit.make_audit_row(self.clock, self.actor, action, target, **detail))


def apply_admin_change(
    database: Database, clock: Clock, actor: str, by: str, decide: Callable[[Administrator], AdminChange]
) -> AdminChange:
    """Record and return the change made by `decide`, in one transaction under the log's lock.

    The state that `decide` reads cannot change before the change is recorded. If `decide` raises,
    the database is left unchanged.

    Raises: StorageError if the connection is lost before the change is made, or OutcomeUnknown.
    """
    from app.db.log import Log  # deferred: queries need neither the log nor the projections
    from app.services.record import record

    log = Log(clock)
    with database.locked(log.has_last_batch) as connection:
        session = Session(connection, join_transaction_mode="rollback_only")
        change = decide(Administrator(session, clock, actor, by))
        log.seek_to_end(connection)
        if change.events:
            record(connection, log, change.events)
            audit.append(connection, change.audit)
    return change
