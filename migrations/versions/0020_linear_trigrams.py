"""trigrams in time that grows with the length of a message

On PostgreSQL, the function found each trigram by its position, counting characters from the start
of the text, so the time grew with the square of the length: a message of 4 KiB could take seconds.
The result is the same, so the index stays valid.

Revision ID: 0020
Revises: 0019
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

LINEAR = """
CREATE OR REPLACE FUNCTION spoken_trigrams(said text) RETURNS text[] IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT first || second || third
    FROM (
        SELECT first, lead(first) OVER in_order AS second, lead(first, 2) OVER in_order AS third
        FROM unnest(string_to_array(caseless(said), NULL)) WITH ORDINALITY AS letters (first, place)
        WINDOW in_order AS (ORDER BY place)
    ) AS sequences
    WHERE third IS NOT NULL
)
"""
QUADRATIC = """
CREATE OR REPLACE FUNCTION spoken_trigrams(said text) RETURNS text[] IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT substr(folded, place, 3)
    FROM (SELECT caseless(said) AS folded OFFSET 0) AS text_in_normal_form,
        generate_series(1, length(folded) - 2) AS place
)
"""


def upgrade() -> None:
    _replace_on_postgresql(LINEAR)


def downgrade() -> None:
    _replace_on_postgresql(QUADRATIC)


def _replace_on_postgresql(function: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(function)
