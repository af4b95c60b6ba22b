"""a longer pending list of the search index

On PostgreSQL, an insert merged the pending list of the GIN index at 256 kB, so each merge had only
some two hundred messages, and took most of the time. The server now merges the list itself, after
some thousands of messages. The limit only bounds it if no server does.

Revision ID: 0031
Revises: 0030
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None
is_compatible = True  # the limit only decides when an insert merges the list


def upgrade() -> None:
    _limit_pending_list(16 * 1024)


def downgrade() -> None:
    _limit_pending_list(256)


def _limit_pending_list(kilobytes: int) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER INDEX spoken_index_trigrams SET (gin_pending_list_limit = {kilobytes})")
