"""search over a normal form

Messages are indexed in the normal form that `app.wire.names.caseless` returns: compatibility
equivalents (NFKC) are equal, and so are letters that differ only in case, by full case folding.

On SQLite, the index is emptied; the server indexes all messages again in the background, and
searches read those that are not indexed yet. On PostgreSQL, the index is built here.

Revision ID: 0017
Revises: 0016
"""

import sys
import unicodedata

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ON_SQLITE = (
    "INSERT INTO spoken_index (spoken_index) VALUES ('delete-all')",
    "UPDATE spoken_index_end SET position = 0",
    "PRAGMA user_version = 0",
)
CREATE_INDEX = (
    "CREATE INDEX ix_event_trigrams ON event USING gin (spoken_trigrams(text))"
    " WITH (gin_pending_list_limit = 256)"
)
OLD_TRIGRAMS = (
    "CREATE FUNCTION spoken_trigrams(said text) RETURNS text[] LANGUAGE sql"
    " IMMUTABLE STRICT PARALLEL SAFE AS"
    " $$ SELECT ARRAY(SELECT substr(lower(said), place, 3) FROM generate_series(1, length(said) - 2) place) $$"
)
# The bodies are bound when the functions are created, so that they do not depend on the search path
# of a restore or a VACUUM.
NEW_TRIGRAMS = """
CREATE FUNCTION spoken_trigrams(said text) RETURNS text[] IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT substr(folded, place, 3)
    FROM (SELECT caseless(said) AS folded OFFSET 0) AS text_in_normal_form,
        generate_series(1, length(folded) - 2) AS place
)
"""
# Not STRICT, because PostgreSQL expands only other functions in place. ASCII text, and text without
# letters to fold, needs no further function call.
CASELESS = """
CREATE FUNCTION caseless(said text) RETURNS text IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN octet_length(said) = length(said) THEN lower(said COLLATE "C")
    WHEN said !~ '{affected}' AND said IS NFKC NORMALIZED THEN said
    ELSE fold_case(said)
END
"""
# After decomposition (NFKD), ß is the only letter that is folded to more than one. A text contains
# few different capital letters, so replacing one after the other is faster than `translate`.
FOLD_CASE = """
CREATE FUNCTION fold_case(said text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text = replace(replace(lower(normalize(said, NFKD) COLLATE "C"), 'ß', 'ss'), 'ẞ', 'ss');
    letter text = substring(folded FROM '{capital}');
BEGIN
    WHILE letter IS NOT NULL LOOP
        folded = replace(folded, letter, substr('{small}', strpos('{capitals}', letter), 1));
        letter = substring(folded FROM '{capital}');
    END LOOP;
    RETURN normalize(folded, NFKC);
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _execute(ON_SQLITE)
        return
    _drop_index()
    _execute((_fold_case(), _caseless(), NEW_TRIGRAMS, CREATE_INDEX))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _execute(ON_SQLITE)
        return
    _drop_index()
    _execute(("DROP FUNCTION caseless", "DROP FUNCTION fold_case", OLD_TRIGRAMS, CREATE_INDEX))


def _execute(statements: tuple[str, ...]) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _drop_index() -> None:
    _execute(("DROP INDEX ix_event_trigrams", "DROP FUNCTION spoken_trigrams"))


def _fold_case() -> str:
    decomposed = [letter for letter in _capitals("NFKD") if not letter.isascii()]
    capitals = [letter for letter in decomposed if len(letter.casefold()) == 1]
    small = "".join(letter.casefold() for letter in capitals)
    return FOLD_CASE.format(capital=_character_class(capitals), capitals="".join(capitals), small=small)


def _caseless() -> str:
    return CASELESS.format(affected=_character_class(_capitals("NFKC")))


def _capitals(form: str) -> list[str]:
    """Return the characters that change by case folding, but not by a normalisation form."""
    folding = (one for one in map(chr, range(sys.maxunicode + 1)) if one.casefold() != one)
    return [one for one in folding if unicodedata.is_normalized(form, one)]


def _character_class(characters: list[str]) -> str:
    """Return a regular expression that matches one of the characters, written as ranges."""
    ranges: list[list[int]] = []
    for code in map(ord, characters):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges) + "]"
