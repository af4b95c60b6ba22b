"""Packing: no word is lost, and no text is longer than it may be unless one word is."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.wire.packing import Packing, packed

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
