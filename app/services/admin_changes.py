"""What administrators decide beside the running server: recorded with its trace, or not at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.clock import Clock
from app.db.database import Database
from app.db.log import Log
from app.db.models import AuditRow
from app.events import Event
from app.services import audit
from app.services.record import record


@dataclass(frozen=True, slots=True)
class AdminChange:
    """What an administrator decided: the events, and the trace of it. No events: it is so already."""

    events: Sequence[Event]
    audit: AuditRow


@dataclass(frozen=True, slots=True)
class Administrator:
    """Whoever decides: on what the database says now, known to the trail as `actor` and to the chat as `by`."""

    session: Session
    clock: Clock
    actor: str
    by: str

    def make_change(self, events: Sequence[Event], action: str, target: str, **detail: Any) -> AdminChange:
        """Return the change with its trace; details that are None say nothing and are left out."""
        return AdminChange(events, audit.make_audit_row(self.clock, self.actor, action, target, **detail))


def apply_admin_change(
    database: Database, clock: Clock, actor: str, by: str, decide: Callable[[Administrator], AdminChange]
) -> AdminChange:
    """Decide and record in one transaction, so that nobody changes what the decision rests on.

    Whatever `decide` raises leaves the database as it was.
    """
    log = Log(clock)
    with database.locked() as connection:
        session = Session(connection, join_transaction_mode="rollback_only")
        change = decide(Administrator(session, clock, actor, by))
        log.start_at_end(connection)
        if change.events:
            record(connection, log, change.events)
            audit.append(connection, change.audit)
    return change
