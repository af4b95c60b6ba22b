"""views for other programs

The views of `app.db.views` are created at the end of every migration (see `migrations/env.py`).
This revision makes databases without them migrate, and removes them again.

Revision ID: 0021
Revises: 0020
"""

from alembic import op

from app.db.views import drop_views

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Leave the views to the end of the migration, when the tables have their final form."""


def downgrade() -> None:
    drop_views(op.get_bind())
