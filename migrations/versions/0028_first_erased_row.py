"""the first row of the log that an erasure has treated

Which backups contain what was erased follows from their last position. Before, the time at which
the account was created was read from its id, which is not that time after a clock was set back.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "erasure", sa.Column("first_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )


def downgrade() -> None:
    with op.batch_alter_table("erasure") as table:
        table.drop_column("first_id")
