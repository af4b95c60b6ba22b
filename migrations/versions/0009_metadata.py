"""account and room metadata

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for owner in ("account", "room"):
        table, column = f"{owner}_metadata", f"{owner}_id"
        op.create_table(
            table,
            sa.Column(column, BIG, nullable=False),
            sa.Column("key", sa.String(length=64), nullable=False),
            sa.Column("value", sa.Text(), nullable=False),
            sa.ForeignKeyConstraint(
                [column], [f"{owner}.id"], name=op.f(f"fk_{table}_{column}_{owner}"), ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint(column, "key", name=op.f(f"pk_{table}")),
        )


def downgrade() -> None:
    op.drop_table("room_metadata")
    op.drop_table("account_metadata")
