"""retention

The session of a last visit was found in the log, from which its event may now be removed. Of
visits that timed out, it is that of the last message heard, so a replay of the log may differ.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COPY_SESSIONS = """
    UPDATE last_visit SET session_id = (SELECT session_id FROM event WHERE event.id = last_visit.until)
"""
START_REPLAY = """
    INSERT INTO replay_start (position) SELECT max(id) FROM event
    HAVING count(*) > 0 AND max(id) NOT IN (SELECT position FROM replay_start)
"""


def upgrade() -> None:
    op.create_table(
        "room_retention",
        sa.Column("room_id", BIG, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_room_retention")),
    )
    op.create_table(
        "expired_history",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("events", BIG, nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_expired_history")),
    )
    op.add_column("last_visit", sa.Column("session_id", BIG, nullable=True))
    op.execute(COPY_SESSIONS)
    op.execute(START_REPLAY)


def downgrade() -> None:
    op.drop_column("last_visit", "session_id")
    op.drop_table("expired_history")
    op.drop_table("room_retention")
