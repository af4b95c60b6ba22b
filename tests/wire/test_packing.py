"""Packing: all words are kept, and texts exceed the limit only for single longer words."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.wire.packing import WordPacker, pack_words, split_long_words

words = st.lists(st.text("abж", min_size=1, max_size=12), max_size=40)


@given(words=words, limit=st.integers(1, 40))
def test_texts_contain_every_word_once_in_order(words: list[str], limit: int) -> None:
    texts = pack_words(words, limit)
    assert " ".join(texts).split(" ") == (words or [""])
    assert all(len(text.encode()) <= limit or " " not in text for text in texts)


@given(words=words, limit=st.integers(1, 40))
def test_no_word_would_have_fitted_into_the_previous_text(words: list[str], limit: int) -> None:
    texts = pack_words(words, limit, separator=",")
    for text, following in pairwise(texts):
        assert len(f"{text},{following.partition(',')[0]}".encode()) > limit


@given(words=words, more=words, limit=st.integers(1, 40))
def test_packing_in_steps_equals_packing_at_once(words: list[str], more: list[str], limit: int) -> None:
    packer = WordPacker(limit)
    for word in words:
        packer.add(word)
    assert packer.texts == pack_words(words, limit)
    for word in more:
        packer.add(word)
    assert packer.texts == pack_words(words + more, limit)
    assert packer.count == len(words + more)


@given(st.lists(st.text(min_size=1, max_size=20), max_size=5), st.integers(4, 12))
def test_split_words_fit_and_join_to_the_original(words: list[str], limit: int) -> None:
    pieces = list(split_long_words(words, limit))
    assert all(len(piece.encode()) <= limit for piece in pieces)
    assert "".join(pieces) == "".join(words)
