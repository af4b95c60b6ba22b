"""The word filter: examples, and the specification as a plain search for every occurrence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.sanitise import SPACES
from app.wire.names import caseless
from app.wire.word_filter import WordFilter, check_word
from tests.hidden_text import NASTY

LETTERS = st.text("aab1_- é²", min_size=2, max_size=5)


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
        ("tea", "\x04ff0000,00ff00tea\x04", True),
        ("tea", "te\na", False),
        ("tea", "more\ttea", True),
        ("tea", "more\u2028tea", True),
        ("می\u200cخواهم", "می\u200cخواهم", True),
    ],
)
def test_word_is_found(word: str, text: str, is_found: bool) -> None:
    assert WordFilter([word]).matches(text) == is_found


@pytest.mark.parametrize(
    "character", sorted({one for one in NASTY if not one.isprintable()} - SPACES), ids=ascii
)
def test_invisible_characters_do_not_hide_a_word(character: str) -> None:
    assert WordFilter(["tea"]).matches(f"t{character}e{character}a")


def test_every_word_of_a_list_is_found() -> None:
    word_filter = WordFilter(["tea", "teapot*", "*eap*"])
    assert [word_filter.matches(text) for text in ("tea", "teapots", "heap", "team")] == [True] * 3 + [False]


@pytest.mark.parametrize("word", ["", "a", "*", "***", "*a*", "a*b", "*a*b*", "\u200b\u200b", "a\u202e"])
def test_invalid_word_is_refused_and_matches_nothing(word: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        check_word(word)
    assert not WordFilter([word]).matches(f"a b {word}")
    assert WordFilter([word, "tea"]).matches("tea")


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
