"""client certificates for accounts

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "certificate",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("added", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_certificate_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_certificate")),
    )


def downgrade() -> None:
    op.drop_table("certificate")
