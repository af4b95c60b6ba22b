"""full-text index of messages

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


ON_SQLITE = (
    "CREATE VIRTUAL TABLE spoken_index USING fts5"
    " (text, content='', columnsize=0, detail=none, tokenize='trigram')",
    "INSERT INTO spoken_index (rowid, text) SELECT id, text FROM event"
    " WHERE id <= (SELECT max(id) / 512 * 512 FROM event)"
    " AND kind IN ('privmsg', 'notice') AND text <> '' ORDER BY id",
)
# The index is not partial, because the planner does not use the statistics of a partial index. A
# short pending list limits the number of entries that a single insert may have to merge.
ON_POSTGRESQL = (
    "CREATE FUNCTION spoken_trigrams(said text) RETURNS text[] LANGUAGE sql"
    " IMMUTABLE STRICT PARALLEL SAFE AS"
    " $$ SELECT ARRAY(SELECT substr(lower(said), place, 3) FROM generate_series(1, length(said) - 2) place) $$",
    "CREATE INDEX ix_event_trigrams ON event USING gin (spoken_trigrams(text))"
    " WITH (gin_pending_list_limit = 256)",
)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in ON_SQLITE if is_sqlite else ON_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE spoken_index")
        return
    op.execute("DROP INDEX ix_event_trigrams")
    op.execute("DROP FUNCTION spoken_trigrams")
