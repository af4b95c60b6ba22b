"""The word filter: examples, and the specification as a plain search for every occurrence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.sanitise import SPACES
from app.wire.names import caseless
from app.wire.word_filter import WordFilter, check_word, is_too_large
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
    ("word", "text", "expected"),
    [
        pytest.param("कम", "यह कम है", True, id="Hindi word"),
        pytest.param("कम", "एक कमी", False, id="start of a Hindi word before a vowel sign"),
        pytest.param("कम*", "एक कमी", True, id="start of a Hindi word"),
        pytest.param("தமிழ்", "தமிழ்நாடு", False, id="Tamil word before another"),
        pytest.param("می‌روم", "من می‌روم.", True, id="Persian word with a non-joiner"),
        pytest.param("می‌روم", "من میروم", True, id="Persian word without it"),
        pytest.param("ba\x02d", "bad", True, id="word with a formatting code"),
        pytest.param("bad", "bad\u0301!", True, id="accent at the end"),
        pytest.param("bad", "bad\ufe0f!", True, id="variation selector at the end"),
        pytest.param("STRASSE", "Straße", True, id="letter that folds to two"),
        pytest.param("ﷺ", "صلى الله عليه وسلم", True, id="letter that folds to eighteen"),
        pytest.param("日本", "日本人", False, id="Chinese characters"),
        pytest.param("*日本*", "日本人", True, id="part of a word of Chinese characters"),
        pytest.param("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8", True, id="decomposed Hangul"),
    ],
)
def test_words_of_every_script(word: str, text: str, expected: bool) -> None:
    assert WordFilter([word]).matches(text) == expected


def test_size_counts_what_a_word_folds_to() -> None:
    assert not is_too_large(["x" * 200] * 40)
    assert is_too_large(["x" * 200] * 41)
    assert not is_too_large(["!" * 200] * 40)
    assert not is_too_large(["ﷺ" * 66] * 10)
    assert is_too_large(["ﷺ" * 66] * 20)


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
