"""a search index that follows the log

On PostgreSQL, each message was indexed in the transaction that stored it, which took most of its
time. The server now fills an index of its own in the background, as on SQLite. After this upgrade
it begins with an empty one; until it is complete, searches read the messages that are not in it.

Revision ID: 0027
Revises: 0026
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# The upgrade to 0026 does not build the index of the log, which is dropped here; before, it did.
# A short pending list limits the number of entries that a single insert may have to merge.
INDEX = 'USING gin (spoken_trigrams(text) COLLATE "C") WITH (gin_pending_list_limit = 256)'
UPGRADE = (
    "DROP INDEX IF EXISTS ix_event_trigrams",
    "CREATE TABLE spoken_index (id bigint PRIMARY KEY, text text NOT NULL)",
    f"CREATE INDEX spoken_index_trigrams ON spoken_index {INDEX}",
    "CREATE TABLE spoken_index_end (position bigint NOT NULL)",
    "INSERT INTO spoken_index_end VALUES (0)",
)
DOWNGRADE = (
    "DROP TABLE spoken_index",
    "DROP TABLE spoken_index_end",
    f"CREATE INDEX ix_event_trigrams ON event {INDEX}",
)


def upgrade() -> None:
    _on_postgresql(UPGRADE)


def downgrade() -> None:
    _on_postgresql(DOWNGRADE)


def _on_postgresql(statements: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in statements:
            op.execute(statement)
