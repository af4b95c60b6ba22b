"""The index of masks finds what trying each mask would find, with little work."""

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.wire import masks
from app.wire.mask_index import MaskIndex
from app.wire.masks import matches

MASKS = st.text("aBß*?!@.", min_size=1, max_size=8)
TEXTS = st.text("abBßs!@.", max_size=8)


@settings(deadline=None)
@given(st.lists(MASKS, max_size=12), st.lists(TEXTS, max_size=6), st.sets(st.integers(0, 11)))
def test_the_index_finds_the_masks_that_match(given: list[str], texts: list[str], removed: set[int]) -> None:
    index: MaskIndex[int] = MaskIndex()
    for number, mask in enumerate(given):
        index.add(mask, number, number)
    for number in removed & set(range(len(given))):
        index.discard(given[number], number)
    for text in texts:
        expected = [n for n, mask in enumerate(given) if n not in removed and matches(mask, text)]
        assert sorted(index.find(text)) == expected


def count_calls(act: Callable[[], object]) -> int:
    """Return how many functions a call makes in turn, built-in ones included.

    The garbage collector would call those that Hypothesis registers with it.
    """
    calls = 0

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    gc.disable()
    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(None)
        gc.enable()
    return calls


@pytest.mark.parametrize(
    "form", ["spam{}x!*@*", "spam{}x*!*@*.bad{}.example", "*!*@*.h{}.ip", "*!*@10.0.0.{}", "*spam{}x*!*@*"]
)
def test_a_look_up_tries_few_of_many_masks(form: str) -> None:
    few: MaskIndex[int] = MaskIndex()
    many: MaskIndex[int] = MaskIndex()
    for number in range(10_000, 14_000):
        many.add(form.replace("{}", str(number)), number, number)
        if number < 10_010:
            few.add(form.replace("{}", str(number)), number, number)
    compiled = masks._compile.cache_info().misses
    for source in ("anna!~anna@192.0.2.7", "spammer!~x@host.example"):
        assert count_calls(lambda s=source: list(many.find(s))) == count_calls(
            lambda s=source: list(few.find(s))
        )  # type: ignore[misc]
    assert masks._compile.cache_info().misses == compiled, "no mask is compiled again"
