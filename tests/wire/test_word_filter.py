"""Word filter: parsing of entries and matching."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wire.word_filter import normalise_text, parse_word

LETTERS = st.text("abcäбв ", min_size=2, max_size=6).filter(lambda text: " " not in text)


@pytest.mark.parametrize(
    ("word", "text", "is_found"),
    [
        ("tea", "TEA", True),
        ("tea", "(tea)", True),
        ("tea", "steam", False),
        ("tea", "steam tea", True),
        ("*tea*", "steam", True),
        ("tea*", "teapot", True),
        ("tea*", "steam", False),
        ("*tea", "greentea", True),
        ("*tea", "teapot", False),
        ("*ana", "banana", True),
        ("чай", "ЧАЙ!", True),
        ("straße", "STRASSE", True),
        ("tea", "t\u200be\x02a", True),
        ("tea", "\x0304,12tea\x03", True),
        ("tea", "te\na", False),
    ],
)
def test_word_is_found(word: str, text: str, is_found: bool) -> None:
    assert parse_word(word).is_in(normalise_text(text)) == is_found


@given(LETTERS, LETTERS)
def test_word_is_found_on_its_own_in_any_case(word: str, other: str) -> None:
    assert parse_word(word).is_in(normalise_text(f"{other} {word.upper()} {other}"))


@given(LETTERS, st.text(max_size=30))
def test_whole_word_match_implies_substring_match(word: str, text: str) -> None:
    if parse_word(word).is_in(normalise_text(text)):
        assert parse_word(f"*{word}*").is_in(normalise_text(text))


@pytest.mark.parametrize("text", ["", "a", "*", "***", "*a*", "a*b", "*a*b*"])
def test_invalid_entry_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        parse_word(text)
