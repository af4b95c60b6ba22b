"""Text for streams whose encoding lacks characters."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.columns import width
from app.text.encoding import decode, escape_non_ascii, is_text, is_unicode, make_lenient, substitute

ENCODINGS = ["ascii", "latin-1", "cp1252", "koi8-r", "shift_jis", "utf-8"]
anything = st.text(st.characters(exclude_categories=()))


@given(anything, st.sampled_from(ENCODINGS))
def test_any_text_can_be_written(text: str, encoding: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding, newline="")
    make_lenient(stream)
    stream.write(text)
    stream.flush()
    assert raw.getvalue() == substitute(text, encoding).encode(encoding)


@given(anything, st.sampled_from(ENCODINGS))
def test_encodable_text_stays_as_it_is(text: str, encoding: str) -> None:
    encodable = text.encode(encoding, "ignore").decode(encoding)
    assert substitute(encodable, encoding) == encodable


@given(
    st.lists(st.sampled_from(["a", "ж", "日", "한", "e\u0301", "😀", "🇩🇪", "─", "·", "👩‍🚀"])).map("".join)
)
def test_substitutes_are_as_wide_as_the_text(text: str) -> None:
    assert width(substitute(text, "ascii")) == width(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10 € für Müller", "10 ? für Müller"),
        ("── Sunday ──", "-- Sunday --"),
        ("anna → bob: hi …", "anna > bob: hi ..."),
        ("“tea” — it’s", '"tea" - it\'s'),
        ("\U0001f1e9\U0001f1ea 日本", "?? ????"),
        ("e\u0301", "e"),
        ("\udce9", "?"),
    ],
)
def test_missing_characters_are_substituted(text: str, shown: str) -> None:
    assert substitute(text, "latin-1") == shown


def test_invalid_input_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(b"y\xe9s\n")
    with (tmp_path / "input").open(encoding="utf-8") as stream:
        make_lenient(stream)
        assert stream.readline() == "y\ufffds\n"


@given(anything)
def test_escaped_json_is_ascii_and_has_the_same_value(text: str) -> None:
    escaped = escape_non_ascii(json.dumps([text], ensure_ascii=False))
    assert escaped.isascii()
    assert json.loads(escaped) == [text] or not is_text(text)


def test_utf_8_is_decoded_first_and_the_fallback_otherwise() -> None:
    assert decode("10 €".encode(), "latin-1") == "10 €"
    assert decode("été".encode("latin-1"), "latin-1") == "été"
    assert decode(b"\xe9t\xe9", "utf-8") == "\ufffdt\ufffd"


def test_only_unicode_encodings_have_every_character() -> None:
    assert is_unicode(io.TextIOWrapper(io.BytesIO(), "UTF-8"))
    assert not is_unicode(io.TextIOWrapper(io.BytesIO(), "ISO-8859-1"))
    assert not is_unicode(io.TextIOWrapper(io.BytesIO(), "ANSI_X3.4-1968"))
