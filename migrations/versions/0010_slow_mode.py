"""slow mode for rooms

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("room", sa.Column("pause", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("room") as room:
        room.drop_column("pause")
