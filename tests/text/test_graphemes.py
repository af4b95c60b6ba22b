"""Cutting text between graphemes: every result is checked against another library's UAX #29."""

from itertools import accumulate, pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from app.text.graphemes import find_boundary, split_text, truncate, truncate_characters

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
GRAPHEMES = {
    "flag of England": ENGLAND,
    "flag of Germany": "\U0001f1e9\U0001f1ea",
    "astronaut with a skin tone": "\U0001f469\U0001f3fd\u200d\U0001f680",
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "keycap": "1\ufe0f\u20e3",
    "Hangul jamo": "\u1100\u1161\u11a8",
    "Devanagari vowel sign": "\u0928\u0940",
    "Devanagari conjunct": "\u0915\u094d\u0937",
    "accented letter": "e\u0301\u0323",
    "end of ayah before its digit": "\u06dd7",
    "line end": "\r\n",
}
PARTS = ["a", " ", "ж", "\n", "\u0301", "\u200d", *GRAPHEMES.values(), *"".join(GRAPHEMES.values())]
texts = st.lists(st.sampled_from(PARTS), max_size=60).map("".join) | st.text(max_size=80)


def boundaries(text: str) -> set[int]:
    """Return the indices between graphemes, according to the `regex` library."""
    return {0, *accumulate(map(len, regex.findall(r"\X", text)))}


@pytest.mark.parametrize("grapheme", GRAPHEMES.values(), ids=GRAPHEMES)
def test_grapheme_moves_to_the_next_part_as_a_whole(grapheme: str) -> None:
    size = len(grapheme.encode())
    for room in range(size):
        assert list(split_text("x" * 40 + grapheme + "y", 40 + room)) == ["x" * 40, grapheme + "y"]


@pytest.mark.parametrize("grapheme", GRAPHEMES.values(), ids=GRAPHEMES)
def test_grapheme_that_does_not_fit_is_dropped_as_a_whole(grapheme: str) -> None:
    text = "xx" + grapheme
    for limit in range(2, len(text.encode())):
        assert truncate(text, limit) == "xx"
    for limit in range(2, len(text)):
        assert truncate_characters(text, limit) == "xx"
    assert truncate(text, len(text.encode())) == truncate_characters(text, len(text)) == text


@given(texts, st.integers(1, 80))
def test_boundary_is_the_last_one_at_or_before_the_end(text: str, end: int) -> None:
    expected = max(index for index in boundaries(text) if index <= end)
    assert find_boundary(text, min(end, len(text))) == (expected or min(end, len(text)))


@given(texts, st.integers(1, 80))
def test_truncated_text_is_the_longest_prefix_of_whole_graphemes(text: str, limit: int) -> None:
    fitting = max(end for end in boundaries(text) if len(text[:end].encode()) <= limit)
    longest = max(end for end in range(len(text) + 1) if len(text[:end].encode()) <= limit)
    assert truncate(text, limit) == text[: fitting or longest]


@given(texts, st.integers(4, 80))
def test_parts_fit_and_join_to_the_text(text: str, limit: int) -> None:
    parts = list(split_text(text, limit))
    assert "".join(parts) == text
    assert all(len(part.encode()) <= limit for part in parts)
    assert all(parts) or parts == [""]


@given(texts, st.integers(40, 80))
def test_parts_end_between_graphemes(text: str, limit: int) -> None:
    whole = [part for part in regex.findall(r"\X", text) if len(part.encode()) <= limit]
    text = "".join(whole)
    ends = list(accumulate(map(len, split_text(text, limit))))
    assert all(end in boundaries(text) or _grapheme_at(text, end) > limit for end in ends), (
        "a grapheme longer than the limit may arise when shorter ones join"
    )


def _grapheme_at(text: str, index: int) -> int:
    """Return the length, in bytes, of the grapheme around an index."""
    return next(
        len(text[start:end].encode()) for start, end in pairwise(sorted(boundaries(text))) if end > index
    )


def test_parts_end_after_a_space_near_their_end() -> None:
    assert list(split_text("one two three", 9)) == ["one two ", "three"]
    assert list(split_text("a bcdefghijkl", 8)) == ["a bcdefg", "hijkl"]


def test_accented_space_is_not_cut() -> None:
    assert list(split_text("aaaa \u0301bbbb", 6)) == ["aaaa", " \u0301bbb", "b"]


def test_overlong_grapheme_is_cut_between_characters() -> None:
    text = "a" + "\u0301" * 10
    assert [len(part.encode()) for part in split_text(text, 6)] == [5, 6, 6, 4]
    assert truncate(text, 6) == "a\u0301\u0301"
    assert truncate_characters(text, 3) == "a\u0301\u0301"
