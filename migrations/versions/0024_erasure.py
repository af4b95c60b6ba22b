"""erasure of accounts and rooms, reserved and former names

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "name_reservation",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("until", BIG, nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_name_reservation")),
    )
    op.create_table(
        "former_name",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("until", BIG, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_former_name_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("until", name=op.f("pk_former_name")),
    )
    op.create_index(op.f("ix_former_name_key"), "former_name", ["key"])
    _create_erasure_tables()


def _create_erasure_tables() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject", BIG, nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("messages", sa.String(length=16), nullable=False),
        sa.Column("pseudonym", sa.String(length=128), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_table(
        "erasure_session",
        sa.Column("erasure_id", BIG, autoincrement=False, nullable=False),
        sa.Column("session_id", BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["erasure_id"],
            ["erasure.id"],
            name=op.f("fk_erasure_session_erasure_id_erasure"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("erasure_id", "session_id", name=op.f("pk_erasure_session")),
    )


def downgrade() -> None:
    for table in ("erasure_session", "erasure", "former_name", "name_reservation"):
        op.drop_table(table)
