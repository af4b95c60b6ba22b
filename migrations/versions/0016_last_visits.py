"""last visits

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "last_visit",
        sa.Column("visitor", sa.String(length=260), nullable=False),
        sa.Column("room_id", BIG, nullable=False),
        sa.Column("until", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_last_visit_room_id_room"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("visitor", "room_id", name=op.f("pk_last_visit")),
    )


def downgrade() -> None:
    op.drop_table("last_visit")
