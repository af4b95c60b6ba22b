"""Masks: matching and completion."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.wire.masks import is_mask, matches, normalise

words = st.text(max_size=20)
special = st.text("ab*?!@[\\", max_size=10)


def matches_by_definition(mask: str, text: str) -> bool:
    """Match by the definition of a mask, with exponential backtracking."""
    if not mask or not text:
        return mask.strip("*") == text
    if mask[0] == "*":
        return matches_by_definition(mask[1:], text) or matches_by_definition(mask, text[1:])
    return mask[0] in ("?", text[0]) and matches_by_definition(mask[1:], text[1:])


@given(special, st.text("ab!@[\\", max_size=8))
@example("a*b*", "a")
@example("*a*ab", "aab")
@example("*", "")
@example("", "")
def test_match_agrees_with_the_definition(mask: str, text: str) -> None:
    assert matches(mask, text) == matches_by_definition(mask, text)


@given(st.text(st.characters(blacklist_characters="*?"), max_size=20))
@example("[a-z].+(\\d)$^|")
@example("straße\n")
def test_mask_without_wildcards_matches_only_itself(text: str) -> None:
    assert not is_mask(text)
    assert matches(text, text)
    assert not matches(text, text + "x")


@given(words, words, words)
def test_star_matches_any_text(before: str, between: str, after: str) -> None:
    assert matches("*", before)
    assert matches(f"{before}*", before + "!" + between)
    assert matches(f"*{after}", between + "!" + after)


@given(st.text("aBбВσςΣßÄé!@", max_size=20))
@example("ΟΔΥΣΣΕΥΣ")
def test_matching_ignores_case(text: str) -> None:
    assert matches(text.upper(), text)
    assert matches(text, text.lower())
    assert matches(text.lower(), text.upper())


@pytest.mark.parametrize(
    ("mask", "text"),
    [("Bob!*@*", "bob!u@h"), ("*!*@*.Example", "a!b@c.EXAMPLE"), ("анн?!*@*", "АННА!u@h"), ("[x]*", "[X]y")],
)
def test_mask_matches(mask: str, text: str) -> None:
    assert matches(mask, text)


@pytest.mark.parametrize(
    ("mask", "text"), [("bob!*@*", "bobby!u@h"), ("[x]*", "x"), ("a.c", "abc"), ("a?", "a")]
)
def test_mask_does_not_match(mask: str, text: str) -> None:
    assert not matches(mask, text)


@pytest.mark.parametrize(
    "mask", ["*a" * 200 + "b", "*" + "?a*" * 150 + "b", "*" * 500 + "b", "a*" * 250 + "?b"]
)
@pytest.mark.timeout(30)  # a pattern that backtracks exponentially never ends
def test_masks_do_not_backtrack_exponentially(mask: str) -> None:
    assert not matches(mask, "a" * 500)


@given(words | special)
@example("a@b!c")
def test_normalised_mask_has_all_parts_and_is_stable(mask: str) -> None:
    whole = normalise(mask)
    assert re.fullmatch(r"[^!]+![^@]+@.+", whole, re.DOTALL)
    assert normalise(whole) == whole


@pytest.mark.parametrize(
    ("mask", "whole"),
    [
        ("bob", "bob!*@*"),
        ("*@host", "*!*@host"),
        ("user@host", "*!user@host"),
        ("bob!x", "bob!x@*"),
        ("bob!x@", "bob!x@*"),
        ("!@", "*!*@*"),
        ("", "*!*@*"),
        ("a!b@c", "a!b@c"),
    ],
)
def test_normalise(mask: str, whole: str) -> None:
    assert normalise(mask) == whole


def test_text_with_a_wildcard_is_a_mask() -> None:
    assert is_mask("a*")
    assert is_mask("?")
    assert not is_mask("bob!u@h")
