"""Keys that are pressed with Alt arrive at once, whatever follows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.events import Key

from app.client.screen.textual_fixes.alt_keys import CHARACTERS, register_alt_keys

OWN_MEANING = ("b", "f")  # what macOS sends for Option with Left and Right


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the keys until the end of the test."""
    for sequence, value in list(ANSI_SEQUENCES_KEYS.items()):
        monkeypatch.setitem(ANSI_SEQUENCES_KEYS, sequence, value)
    register_alt_keys()


def keys_of(sent: str) -> list[str]:
    """Return the names of the keys that a terminal has sent."""
    return [event.key for event in XTermParser().feed(sent) if isinstance(event, Key)]


def test_alt_with_a_digit_is_a_key_and_no_currency() -> None:
    assert keys_of("\x1b1\x1b3x") == ["alt+1", "alt+3", "x"]


def test_alt_with_a_letter_tells_cases_apart() -> None:
    assert keys_of("\x1ba\x1bA") == ["alt+a", "alt+shift+a"]


def test_characters_of_the_keyboard_stay_characters() -> None:
    events = [event for event in XTermParser().feed("£§¡ª") if isinstance(event, Key)]
    assert "".join(event.character or "" for event in events) == "£§¡ª"


def test_arrows_and_words_keep_their_meaning() -> None:
    assert keys_of("\x1b[A\x1b[1;3A\x1bb\x1bOP") == ["up", "alt+up", "ctrl+left", "f1"]


@given(st.lists(st.sampled_from([one for one in CHARACTERS if one not in OWN_MEANING]), max_size=20))
def test_keys_pressed_in_one_go_all_arrive_as_keys(pressed: list[str]) -> None:
    arrived = keys_of("".join(f"\x1b{character}" for character in pressed))
    assert len(arrived) == len(pressed)
    assert all(name.startswith("alt+") for name in arrived)


def test_alt_enter_does_not_send_what_is_written() -> None:
    assert keys_of("a\x1b\rb") == ["a", "alt+enter", "b"]
