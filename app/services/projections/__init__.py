"""What the tables say after each kind of event: one small function for each that changes one."""

from app.services.projections import (  # noqa: F401
    accounts,
    audit_log,
    memberships,
    messages,
    metadata,
    people,
    room_visits,
    rooms,
)
