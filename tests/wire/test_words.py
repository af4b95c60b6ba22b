"""Words that nobody may say: where they are found, and that they cost no time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wire.words import heard, read

LETTERS = st.text("abcäбв ", min_size=2, max_size=6).filter(lambda text: " " not in text)


@pytest.mark.parametrize(
    ("word", "text", "is_there"),
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
def test_where_a_word_is_found(word: str, text: str, is_there: bool) -> None:
    assert read(word).is_in(heard(text)) == is_there


@given(LETTERS, LETTERS)
def test_a_word_is_found_where_it_stands_alone_in_any_case(word: str, other: str) -> None:
    assert read(word).is_in(heard(f"{other} {word.upper()} {other}"))


@given(LETTERS, st.text(max_size=30))
def test_a_word_that_stands_alone_is_also_found_by_less(word: str, text: str) -> None:
    if read(word).is_in(heard(text)):
        assert read(f"*{word}*").is_in(heard(text))


@pytest.mark.parametrize("text", ["", "a", "*", "***", "*a*", "a*b", "*a*b*"])
def test_what_is_no_word(text: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        read(text)
