"""fewer indexes on the log

A message in a room had entries in four indexes; now it has an entry in only one.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SPOKEN = "kind IN ('privmsg', 'notice')"
OLD = (
    ("ix_event_room_id_id", "room_id", "id", "room_id IS NOT NULL"),
    ("ix_event_room_id_at", "room_id", "at", "room_id IS NOT NULL"),
    ("ix_event_spoken_id", "room_id", "id", SPOKEN),
    ("ix_event_spoken_at", "room_id", "at", SPOKEN),
    ("ix_event_conversation_id", "conversation", "id", "conversation IS NOT NULL"),
    ("ix_event_conversation_at", "conversation", "at", "conversation IS NOT NULL"),
)
NEW = (
    ("ix_event_spoken", "room_id", "at", SPOKEN),
    ("ix_event_happened", "room_id", "at", "kind NOT IN ('privmsg', 'notice') AND room_id IS NOT NULL"),
    ("ix_event_conversation", "conversation", "at", "conversation IS NOT NULL"),
)


def _replace(old_indexes, new_indexes) -> None:
    for name, *_ in old_indexes:
        op.drop_index(name, "event")
    for name, column, order, condition in new_indexes:
        where = sa.text(condition)
        op.create_index(name, "event", [column, order], sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    _replace(OLD, NEW)


def downgrade() -> None:
    _replace(NEW, OLD)
