"""session nodes

Several servers on one database: which of them have devices of a session, and what was only kept in
memory, so that each server can restore it: user modes, operators, metadata of guests and
invitations to rooms.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COPY_NODES = """
    INSERT INTO session_node (session_id, node, since) SELECT id, node, connected FROM session
    WHERE disconnected IS NULL AND detached IS NULL
"""
START_REPLAY = """
    INSERT INTO replay_start (position) SELECT max(id) FROM event
    HAVING count(*) > 0 AND max(id) NOT IN (SELECT position FROM replay_start)
"""


def upgrade() -> None:
    op.create_table(
        "session_node",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "node", name=op.f("pk_session_node")),
    )
    op.create_table(
        "session_metadata",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "key", name=op.f("pk_session_metadata")),
    )
    op.create_table(
        "room_invitation",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("room_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_room_invitation_room_id_room"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "room_id", name=op.f("pk_room_invitation")),
    )
    op.add_column("session", sa.Column("modes", sa.String(length=8), server_default="i", nullable=False))
    op.add_column("session", sa.Column("operator", sa.Boolean(), nullable=True))
    op.add_column("session", sa.Column("operator_name", sa.String(length=128), nullable=True))
    op.execute(COPY_NODES)
    op.execute(START_REPLAY)


def downgrade() -> None:
    for column in ("operator_name", "operator", "modes"):
        op.drop_column("session", column)
    op.drop_table("room_invitation")
    op.drop_table("session_metadata")
    op.drop_table("session_node")
