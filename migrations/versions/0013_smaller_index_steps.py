"""smaller steps for the full-text index

On SQLite, the index ends at the last complete step of the log. A step had 512 rows and now has 64.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROWS_BETWEEN = (
    " FROM event WHERE id > (SELECT max(id) / 512 * 512 FROM event) AND id <= (SELECT max(id) / 64 * 64 FROM event)"
    " AND kind IN ('privmsg', 'notice') AND text <> '' ORDER BY id"
)


def _on_sqlite(statement: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(statement + ROWS_BETWEEN)


def upgrade() -> None:
    _on_sqlite("INSERT INTO spoken_index (rowid, text) SELECT id, text")


def downgrade() -> None:
    _on_sqlite("INSERT INTO spoken_index (spoken_index, rowid, text) SELECT 'delete', id, text")
