"""Alt with a letter or a digit is a key, in every terminal."""

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from app.client.screen.terminal_fixes import restore_alt_keys


@pytest.fixture(autouse=True)
def restored() -> None:
    restore_alt_keys()


def keys(sequence: str) -> list[str]:
    """Return the names of the keys that a terminal reports by a sequence."""
    return [event.key for event in XTermParser().feed(sequence) if isinstance(event, Key)]


@pytest.mark.parametrize(
    ("sequence", "names"),
    [
        ("\x1b1", ["alt+1"]),
        ("\x1b0", ["alt+0"]),
        ("\x1ba\x1ba", ["alt+a", "alt+a"]),
        ("\x1bA", ["alt+shift+a"]),
        ("\x1bf", ["ctrl+right"]),
        ("\x1b[A", ["up"]),
        ("\x1bOP", ["f1"]),
    ],
)
def test_alt_keys_arrive_at_once(sequence: str, names: list[str]) -> None:
    assert keys(sequence) == names


@pytest.mark.parametrize("character", "£§¡ª")
def test_characters_of_the_keyboard_stay_characters(character: str) -> None:
    events = [event for event in XTermParser().feed(character) if isinstance(event, Key)]
    assert [event.character for event in events] == [character]
