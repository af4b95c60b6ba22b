"""private metadata

The keys of private metadata were public before; such values are deleted, because they do not say
for whom they were meant.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PRIVATE_KEYS = ("soju.im/blocked", "soju.im/muted", "soju.im/pinned")


def upgrade() -> None:
    op.create_table(
        "private_metadata",
        sa.Column("party", sa.String(length=32), nullable=False),
        sa.Column("target", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("party", "target", "key", name=op.f("pk_private_metadata")),
    )
    for name in ("account_metadata", "room_metadata"):
        table = sa.table(name, sa.column("key"))
        op.execute(sa.delete(table).where(table.c.key.in_(PRIVATE_KEYS)))


def downgrade() -> None:
    op.drop_table("private_metadata")
