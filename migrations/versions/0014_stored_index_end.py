"""stored end of the full-text index

On SQLite, the index ended at the last complete step of 64 rows. A table now stores its end.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WHOLE_STEPS = "(SELECT coalesce(max(id), 0) / 64 * 64 FROM event)"
END = "(SELECT position FROM spoken_index_end)"
FROM_MESSAGES = "FROM event WHERE kind IN ('privmsg', 'notice') AND text <> ''"
UP = (
    "CREATE TABLE spoken_index_end (position INTEGER NOT NULL)",
    f"INSERT INTO spoken_index_end SELECT {WHOLE_STEPS}",
)
DOWN = (
    "INSERT INTO spoken_index (rowid, text)"
    f" SELECT id, text {FROM_MESSAGES} AND id > {END} AND id <= {WHOLE_STEPS} ORDER BY id",
    "INSERT INTO spoken_index (spoken_index, rowid, text)"
    f" SELECT 'delete', id, text {FROM_MESSAGES} AND id > {WHOLE_STEPS} AND id <= {END} ORDER BY id",
    "DROP TABLE spoken_index_end",
)


def _on_sqlite(statements: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in statements:
            op.execute(statement)


def upgrade() -> None:
    _on_sqlite(UP)


def downgrade() -> None:
    _on_sqlite(DOWN)
