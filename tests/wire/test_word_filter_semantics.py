"""The word filter against its specification: a plain search for every occurrence."""

from hypothesis import given
from hypothesis import strategies as st

from app.wire.names import caseless
from app.wire.word_filter import WordFilter

LETTERS = st.text("aab1_- é²", min_size=2, max_size=5)


def _is_inside_word(text: str, index: int) -> bool:
    return 0 < index < len(text) and text[index - 1].isalnum() and text[index].isalnum()


def _occurs(letters: str, text: str, starred_start: bool, starred_end: bool) -> bool:
    starts = [at for at in range(len(text)) if text.startswith(letters, at)]
    return any(
        (starred_start or not _is_inside_word(text, at))
        and (starred_end or not _is_inside_word(text, at + len(letters)))
        for at in starts
    )


@given(LETTERS, st.text("aab1_- é²", max_size=20), st.booleans(), st.booleans())
def test_word_matches_as_specified(letters: str, text: str, before: bool, after: bool) -> None:
    word_filter = WordFilter(["*" * before + letters + "*" * after])
    expected = _occurs(caseless(letters), caseless(text), before, after)
    assert word_filter.matches(text) == expected
