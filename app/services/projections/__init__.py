"""What the tables say after each kind of event: one small function for each that changes one."""

from app.services.projections import (  # noqa: F401  fill the table
    accounts,
    memberships,
    messages,
    metadata,
    people,
    rooms,
    stays,
    trail,
)
