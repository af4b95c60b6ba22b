"""batch tokens

The first row of a batch carries a random token, which shows whether a commit whose answer was lost
took place.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event", sa.Column("batch", sa.String(length=12), nullable=True))


def downgrade() -> None:
    op.drop_column("event", "batch")
