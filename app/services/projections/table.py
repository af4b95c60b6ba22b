"""The projections of each kind of event, in the order in which they run.

Users connect and join rooms in bursts, so the events of these kinds are projected in batches: all
CONNECTED events of a run, then all JOINED events, since a user connects before joining.
"""

from collections.abc import Mapping, Sequence

from app.events import Kind
from app.services.projections import (
    accounts,
    audit_log,
    last_visits,
    memberships,
    messages,
    metadata,
    nodes,
    people,
    redactions,
    retention,
    room_invitations,
    room_visits,
    rooms,
    session_nodes,
)
from app.services.projections.projection import BatchProjection, Projection

# `room_visits` reads the account of a session, and `last_visits` who it is and whether it has a
# device, before `session_nodes` and `people` change them; it also reads the memberships that
# `people` deletes. `people` reads whether another node has a device.
_TABLES = (
    accounts.PROJECTIONS,
    audit_log.PROJECTIONS,
    last_visits.PROJECTIONS,
    memberships.PROJECTIONS,
    messages.PROJECTIONS,
    metadata.PROJECTIONS,
    nodes.PROJECTIONS,
    room_invitations.PROJECTIONS,
    room_visits.PROJECTIONS,
    session_nodes.PROJECTIONS,
    people.PROJECTIONS,
    retention.PROJECTIONS,
    rooms.PROJECTIONS,
)
_LOG = (redactions.PROJECTIONS,)
_BATCH_TABLES = (
    people.BATCH_PROJECTIONS,
    session_nodes.BATCH_PROJECTIONS,
    audit_log.BATCH_PROJECTIONS,
    memberships.BATCH_PROJECTIONS,
    room_invitations.BATCH_PROJECTIONS,
    room_visits.BATCH_PROJECTIONS,
)

# Without those that change the log itself, so that a replay of the log builds the tables again.
TABLE_PROJECTIONS: Mapping[Kind, Sequence[Projection]] = {
    kind: [table[kind] for table in _TABLES if kind in table] for kind in Kind
}
PROJECTIONS: Mapping[Kind, Sequence[Projection]] = {
    kind: [*TABLE_PROJECTIONS[kind], *(table[kind] for table in _LOG if kind in table)] for kind in Kind
}
BATCH_PROJECTIONS: Mapping[Kind, Sequence[BatchProjection]] = {
    kind: [table[kind] for table in _BATCH_TABLES if kind in table] for kind in (Kind.CONNECTED, Kind.JOINED)
}
