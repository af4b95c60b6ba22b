"""Settings files are read as JSON, or as JSON5 with a note of the first departure from JSON."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings.json_text import MAX_JSON5_CHARACTERS, MalformedText, parse_object

members = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text())


@pytest.mark.parametrize(
    ("text", "departure"),
    [
        ('{"a": 1}', None),
        ('{"a": 1,}', "line 1, column 8: trailing comma"),
        ('{"a": 1,\n}', "line 1, column 8: trailing comma"),
        ('{"a": 1,\n "b": [2,\n 3 ,\n ]}', "line 3, column 4: trailing comma"),
        ('{ // one\n "a": 1}', "line 1, column 3: comment"),
        ('{\n "a": 1 /* one */}', "line 2, column 9: comment"),
        ('{"a": 1, // one\n}', "line 1, column 10: comment"),
        ('{"a": 1} // end', "line 1, column 10: comment"),
        ('// start\n{"a": 1}', "line 1, column 1: comment"),
        ('\ufeff{"a": 1}', "line 1, column 1: byte order mark"),
        ('\ufeff{"a": 1,}', "line 1, column 1: byte order mark"),
    ],
)
def test_a_small_mistake_is_tolerated_and_located(text: str, departure: str | None) -> None:
    parsed = parse_object(text.encode())
    assert parsed.values["a"] == 1
    assert parsed.departure == departure


@pytest.mark.parametrize("text", ["{'a': 1}", "{a: 1}", '{"a": +1}', '{"a": 0x1}'])
def test_other_json5_is_tolerated_too(text: str) -> None:
    parsed = parse_object(text.encode())
    assert parsed.values == {"a": 1}
    assert parsed.departure is not None
    assert parsed.departure.startswith("line 1, column ")


def test_comment_signs_in_a_string_are_text() -> None:
    motd = "https://example.org/* not a comment */, ]"
    assert parse_object(json.dumps({"motd": motd}).encode()).values == {"motd": motd}
    assert parse_object(json.dumps({"motd": motd}).replace("}", ",}").encode()).values == {"motd": motd}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "line 1, column 1: Expecting value"),
        (b"{", "line 1, column 2: unexpected end of text"),
        (b'{"a": 1', "line 1, column 8: unexpected end of text"),
        (b'{"a": 1 /* }', "unexpected end of text"),
        (b'{"a": 1,,}', "line 1, column [0-9]+: unexpected character"),
        (b'{\n  "a" 1\n}', "line 2, column 7: unexpected character"),
        (b'{"a": b}', "line 1, column 7: unexpected character"),
        (b"[1, 2]", "does not begin with {"),
        (b"7,", "line 1, column"),
        (b'{"a":\n "\xfc"}', "line 2, column 3: not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "line 1, column 1: UTF-16 instead of UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 20_000 + b",", "too long|nested too deeply|line 1, column"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number is too long"),
        (b'{"a": ' + b"9" * 5000 + b",}", "a number is too long"),
        (b'{"a": "' + b"x" * MAX_JSON5_CHARACTERS + b'",}', "trailing comma"),
    ],
)
def test_other_text_is_refused_with_its_place(raw: bytes, reason: str) -> None:
    with pytest.raises(MalformedText, match=reason):
        parse_object(raw)


@given(values=members)
def test_a_trailing_comma_and_comments_change_no_value(values: dict[str, object]) -> None:
    text = json.dumps(values)
    assert parse_object(text.encode()).values == values
    comma = ",}" if values else "}"
    loose = f"/* a */{text.removesuffix('}')}{comma} // b"
    assert parse_object(loose.encode()).values == values


def test_repeated_keys_are_reported_once_in_json_and_json5() -> None:
    for text in ('{"a": 1, "a": 2}', '{"a": 1, "a": 2,}'):
        parsed = parse_object(text.encode())
        assert (parsed.values, parsed.repeated_keys) == ({"a": 2}, ["a"])


@given(raw=st.binary() | st.text(alphabet="{}[]\",:\\u0/*'\n+x").map(str.encode))
def test_any_bytes_are_parsed_or_refused(raw: bytes) -> None:
    with suppress(MalformedText):
        assert isinstance(parse_object(raw).values, dict)
