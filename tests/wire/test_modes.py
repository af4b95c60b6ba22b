"""Modes: formatting and parsing are inverse, and any text can be parsed."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.wire.line import parse, plain
from app.wire.modes import (
    ARGUMENT_ALWAYS,
    ARGUMENT_WHEN_SET,
    FLAGS,
    LISTS,
    MAX_CHANGES,
    PREFIXES,
    ROLES,
    ModeChange,
    chanmodes,
    format_changes,
    parse_changes,
    prefix,
)

signs = st.sampled_from("+-")
arguments = st.text(min_size=1, max_size=5).map(plain)
complete = st.one_of(
    st.builds(ModeChange, signs, st.sampled_from(LISTS + ARGUMENT_ALWAYS + ROLES), arguments),
    st.builds(ModeChange, st.just("+"), st.sampled_from(ARGUMENT_WHEN_SET), arguments),
    st.builds(ModeChange, st.just("-"), st.sampled_from(ARGUMENT_WHEN_SET)),
    st.builds(ModeChange, signs, st.sampled_from(FLAGS + "xyzÄ")),
)


@given(st.lists(complete, max_size=MAX_CHANGES))
def test_formatted_changes_parse_to_themselves(changes: list[ModeChange]) -> None:
    modes, *rest = format_changes(changes) or [""]
    assert parse_changes(modes, rest) == changes


@given(st.text(max_size=8))
def test_any_argument_stays_one_parameter(argument: str) -> None:
    words = format_changes([ModeChange("+", "b", argument), ModeChange("+", "i")])
    line = parse(f"MODE #tea {' '.join(words)}")
    assert line.params == ["#tea", "+bi", plain(argument)]


@given(st.lists(complete, min_size=1))
def test_sign_is_written_only_where_it_changes(changes: list[ModeChange]) -> None:
    modes = format_changes(changes)[0]
    written = [letter for letter in modes if letter in "+-"]
    assert modes.startswith(written[0])
    assert all(one != next_one for one, next_one in pairwise(written))


@given(st.text(max_size=600), st.lists(st.text(max_size=3), max_size=20))
@example("b" * 500, [])
@example("+-+-", ["a"])
def test_any_text_parses_to_a_bounded_list(modes: str, words: list[str]) -> None:
    changes = parse_changes(modes, words)
    assert len(changes) <= min(len(modes), MAX_CHANGES)
    assert all(change.sign in "+-" and len(change.letter) == 1 for change in changes)
    taken = [change.argument for change in changes if change.argument is not None]
    assert taken == words[: len(taken)]


@pytest.mark.parametrize(
    ("modes", "words", "changes"),
    [
        ("nt", [], [ModeChange("+", "n"), ModeChange("+", "t")]),
        ("+o-v", ["bob", "eve"], [ModeChange("+", "o", "bob"), ModeChange("-", "v", "eve")]),
        ("+l-l", ["5"], [ModeChange("+", "l", "5"), ModeChange("-", "l")]),
        ("-k", [], [ModeChange("-", "k")]),
        ("-k+o", ["key", "bob"], [ModeChange("-", "k", "key"), ModeChange("+", "o", "bob")]),
        ("+k", [""], [ModeChange("+", "k", "")]),
        ("+o", [], [ModeChange("+", "o")]),
        ("b", [], [ModeChange("+", "b")]),
        ("+Z?", ["x"], [ModeChange("+", "Z"), ModeChange("+", "?")]),
        ("", ["x"], []),
        ("+", [], []),
    ],
)
def test_parse_changes(modes: str, words: list[str], changes: list[ModeChange]) -> None:
    assert parse_changes(modes, words) == changes


def test_change_without_an_argument_formats_to_the_letter() -> None:
    assert format_changes([ModeChange("+", "o", "bob"), ModeChange("-", "v", "eve")]) == [
        "+o-v",
        "bob",
        "eve",
    ]
    assert format_changes([ModeChange("+", "i"), ModeChange("+", "l", "2"), ModeChange("-", "n")]) == [
        "+il-n",
        "2",
    ]
    assert format_changes([]) == []


def test_tokens_contain_each_letter_once() -> None:
    assert chanmodes() == "beIg,k,lW,CHRimnst"
    assert prefix() == "(ov)@+"
    assert len(ROLES) == len(PREFIXES)
    letters = LISTS + ARGUMENT_ALWAYS + ARGUMENT_WHEN_SET + FLAGS + ROLES
    assert len(set(letters)) == len(letters)
