"""room visits

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "room_stay",
        sa.Column("party", sa.String(length=32), nullable=False),
        sa.Column("room_id", BIG, nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_room_stay_room_id_room"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("party", "room_id", name=op.f("pk_room_stay")),
    )


def downgrade() -> None:
    op.drop_table("room_stay")
