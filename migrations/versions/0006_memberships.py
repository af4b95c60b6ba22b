"""room memberships and always-on accounts

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "membership",
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.Column("room_id", BIG, nullable=False),
        sa.Column("roles", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_membership_room_id_room"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "room_id", name=op.f("pk_membership")),
    )
    op.add_column("account", sa.Column("always_on", sa.Boolean(), nullable=True))
    op.add_column("session", sa.Column("detached", BIG, nullable=True))
    op.add_column("session", sa.Column("away", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("session") as session:
        session.drop_column("away")
        session.drop_column("detached")
    with op.batch_alter_table("account") as account:
        account.drop_column("always_on")
    op.drop_table("membership")
