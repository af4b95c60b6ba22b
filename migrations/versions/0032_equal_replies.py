"""equal replies on all servers

What servers on one database know of each other, so that each gives the same replies: whether the
devices of a session use TLS, and their certificates; since when users have been served, and how
many there have been at once.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None
is_compatible = True  # older servers write the defaults, and ignore the new data of events

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "session_node", sa.Column("secure", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("session_node", sa.Column("certificates", sa.Text(), server_default="", nullable=False))
    op.add_column("node", sa.Column("serving_since", BIG, server_default="0", nullable=False))
    op.add_column("node", sa.Column("peak_users", BIG, server_default="0", nullable=False))


def downgrade() -> None:
    for column in ("peak_users", "serving_since"):
        op.drop_column("node", column)
    for column in ("certificates", "secure"):
        op.drop_column("session_node", column)
