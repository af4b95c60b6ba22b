"""nodes

The servers that share this database.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "node",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("epoch", BIG, nullable=False),
        sa.Column("started", BIG, nullable=False),
        sa.Column("leased_until", BIG, nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("users", BIG, nullable=False),
        sa.Column("draining", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_node")),
    )


def downgrade() -> None:
    op.drop_table("node")
