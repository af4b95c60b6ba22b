"""Sanitising of other people's text."""

import json
import sys
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from app.text.sanitise import JOINERS, VARIATION_SELECTORS, VISIBLE_FORMATS, clean, clean_lines, escape_hidden
from tests.hidden_text import NASTY, find_hidden

SHOWN_IN_CONTEXT = JOINERS | VARIATION_SELECTORS | VISIBLE_FORMATS | set(map(chr, range(0xE0020, 0xE0080)))
CHARACTERS = [*map(chr, range(sys.maxunicode + 1))]


@given(st.text(st.characters() | st.sampled_from(NASTY)))
def test_clean_text_has_no_control_characters(text: str) -> None:
    assert find_hidden(clean(text)) - SHOWN_IN_CONTEXT == set()


@given(
    st.text(st.sampled_from([*NASTY, *"a7 \ufe0f\u200d\u200c\u034f\u0627\x03\U0001f3f4\U000e0067\U000e007f"]))
)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_every_invisible_character_leaves_a_visible_trace() -> None:
    shown = {one: clean(f" {one}") for one in CHARACTERS if find_hidden(one)}
    assert len(shown) > 4000
    allowed = {" \ufffd", "  ", " "}  # a space for line ends and tabs; formatting codes are removed
    assert [one for one, text in shown.items() if text not in allowed and one not in VISIBLE_FORMATS] == []


def test_json_escapes_every_character_that_is_not_shown() -> None:
    text = json.dumps(" ".join(CHARACTERS), ensure_ascii=False)
    escaped = escape_hidden(text)
    assert find_hidden(escaped) - VISIBLE_FORMATS == set()
    assert json.loads(escaped) == json.loads(text)


def test_line_feeds_separate_clean_lines() -> None:
    assert clean_lines("one\x1b\ntwo\u2028\n") == "one\ufffd\ntwo \n"


def test_formatting_is_removed_and_hidden_text_replaced() -> None:
    assert clean("\x0304,12red\x03 \x02bold\x0f") == "red bold"
    assert clean("\x1b[2J\x1b]0;title\x07") == "\ufffd[2J\ufffd]0;title\ufffd"
    assert clean("abc\u202edef\u2066") == "abc\ufffddef\ufffd"
    assert clean("a\tb\u2028c\x9bd") == "a b c\ufffdd"
    assert clean("Ünï 👩‍🚀 ёж") == "Ünï 👩‍🚀 ёж"


VISIBLE = [
    "Ünï 👩‍🚀 ёж",
    "❤️ 1️⃣ ☺︎",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England
    "\U0001f3f4\U000e0075\U000e0073\U000e0074\U000e0078\U000e007f",  # Texas
    "سورة \u06dd٧ \u0600١",
    "\U000110bd𑂠",
    "می‌خواهم क्‍ष",
    "葛\U000e0100 ᠠ\u180b",
]


@pytest.mark.parametrize("text", VISIBLE)
def test_joiners_and_flags_are_shown_as_they_are(text: str) -> None:
    assert clean(text) == text


HIDDEN = {
    "a joiner between ASCII letters": "ad\u200dmin",
    "a run of variation selectors": "\u2764\ufe0f\ufe01",
    "a variation selector after a space": "a \ufe0f",
    "a Hangul filler": "a\u3164b",
    "tags without a flag": "hi\U000e0061\U000e0062\U000e0063\U000e007f",
    "tags after a face": "\U0001f600\U000e0067\U000e0062\U000e0065\U000e007f",
    "a flag with unfinished tags": "\U0001f3f4\U000e0067\U000e0062\U000e0065",
    "a flag with a sentence": "\U0001f3f4"
    + "".join(chr(0xE0000 + ord(x)) for x in "run this")
    + "\U000e007f",
    "a right-to-left override": "abc\u202edef",
    "an isolate": "abc\u2066def",
    "a zero width space": "a\u200bb",
    "an interlinear annotation": "a\ufff9b",
    "an escape sequence": "\x1b[2J",
    "a C1 control": "\x9b2J",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_hidden_text_leaves_a_visible_trace(text: str) -> None:
    shown = clean(text)
    assert "\ufffd" in shown
    assert all(unicodedata.category(character) not in ("Cc", "Cf") for character in shown)


def test_only_the_first_of_several_joiners_is_kept() -> None:
    assert clean("\u0627\u200c\u200d\u200c\u0628") == "\u0627\u200c\ufffd\ufffd\u0628"


def test_every_visible_format_character_is_shown() -> None:
    concatenation_marks = regex.findall(
        r"\p{Prepended_Concatenation_Mark}", "".join(map(chr, range(0x20000)))
    )
    assert clean("".join(concatenation_marks)) == "".join(concatenation_marks)
    assert len(concatenation_marks) >= 13
