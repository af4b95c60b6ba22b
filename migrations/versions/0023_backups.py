"""backups, and where a replay of the log starts

The tables of a database that has a history may differ from what replaying its whole log gives,
because earlier versions wrote them. From here on they do not, so `replay_start` keeps the position
of the last event.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "backup",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("created", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", BIG, nullable=False),
        sa.Column("verified", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup")),
    )
    op.create_table(
        "replay_start",
        sa.Column("position", BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_replay_start")),
    )
    op.execute("INSERT INTO replay_start (position) SELECT max(id) FROM event HAVING count(*) > 0")


def downgrade() -> None:
    op.drop_table("replay_start")
    op.drop_table("backup")
