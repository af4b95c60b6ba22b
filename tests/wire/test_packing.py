"""Packing: no word is lost, and no text is longer than it may be unless one word is."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.wire.packing import Packing, cut, packed

words = st.lists(st.text("abж", min_size=1, max_size=12), max_size=40)


@given(words=words, most=st.integers(1, 40))
def test_every_word_is_there_once_in_order(words: list[str], most: int) -> None:
    texts = packed(words, most)
    assert " ".join(texts).split(" ") == (words or [""])
    assert all(len(text.encode()) <= most or " " not in text for text in texts)


@given(words=words, most=st.integers(1, 40))
def test_no_word_would_have_fitted_into_the_text_before(words: list[str], most: int) -> None:
    texts = packed(words, most, separator=",")
    for text, following in pairwise(texts):
        assert len(f"{text},{following.partition(',')[0]}".encode()) > most


@given(words=words, more=words, most=st.integers(1, 40))
def test_what_is_continued_reads_as_if_it_were_packed_at_once(
    words: list[str], more: list[str], most: int
) -> None:
    packing = Packing(most)
    for word in words:
        packing.add(word)
    assert packing.texts == packed(words, most)
    for word in more:
        packing.add(word)
    assert packing.texts == packed(words + more, most)
    assert packing.count == len(words + more)


@given(st.lists(st.text(min_size=1, max_size=20), max_size=5), st.integers(4, 12))
def test_what_is_cut_fits_and_is_whole_when_put_together(words: list[str], most: int) -> None:
    pieces = list(cut(words, most))
    assert all(len(piece.encode()) <= most for piece in pieces)
    assert "".join(pieces) == "".join(words)
