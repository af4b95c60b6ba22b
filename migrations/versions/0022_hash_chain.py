"""hash chain

Each batch of the log gets a digest over all events up to it. For existing events, the chain is
built in the background, or by `chat-admin db upgrade`.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("event", sa.Column("people_salt", sa.LargeBinary(), nullable=True))
    op.add_column("event", sa.Column("content_salt", sa.LargeBinary(), nullable=True))
    op.create_table(
        "hash_chain",
        sa.Column("last_id", big, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("rows_digest", sa.LargeBinary(), nullable=True),
        sa.Column("is_partial", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("last_id", name=op.f("pk_hash_chain")),
    )
    op.create_table(
        "event_commitment",
        sa.Column("event_id", big, autoincrement=False, nullable=False),
        sa.Column("people", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_commitment")),
    )
    op.create_table(
        "event_tombstone",
        sa.Column("event_id", big, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_tombstone")),
    )


def downgrade() -> None:
    op.drop_table("event_tombstone")
    op.drop_table("event_commitment")
    op.drop_table("hash_chain")
    op.drop_column("event", "content_salt")
    op.drop_column("event", "people_salt")
