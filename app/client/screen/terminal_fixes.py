"""Adapts Textual to what terminals and their users expect."""

import asyncio
import signal
from collections.abc import Callable
from enum import Enum
from string import ascii_letters, digits
from typing import Any, cast

from textual import _ansi_sequences

BEGINNINGS = frozenset("OPX")  # after Escape, they begin longer sequences (ECMA-48, 5.3)
WORD_MOTIONS = frozenset("bf")  # which Textual knows as the keys that move by words
ALT_CHARACTERS = "".join(sorted({*ascii_letters, *digits} - BEGINNINGS - WORD_MOTIONS))


def name_alt_key(character: str) -> str:
    """Return the name of Alt with a letter or digit: `alt+a`, and `alt+shift+a` for `A`."""
    return f"alt+shift+{character.lower()}" if character.isupper() else f"alt+{character}"


AltKey = Enum("AltKey", {character: name_alt_key(character) for character in ALT_CHARACTERS})  # type: ignore[misc]


def restore_alt_keys() -> None:
    """Let Escape followed by a letter or digit arrive as one key, such as `alt+1`, at once.

    Textual takes digits for what WezTerm on macOS sends with the Option key, such as `¡`, so other
    terminals could not send Alt with a digit at all; the characters themselves still arrive. It
    does not know the letters: it waits for more, and takes two of them in a row for text.
    """
    table = cast(dict[str, Any], _ansi_sequences.ANSI_SEQUENCES_KEYS)
    for character in ALT_CHARACTERS:
        table[f"\x1b{character}"] = (AltKey[character],)


def end_on_signals(end: Callable[[], None]) -> None:
    """Call `end` on SIGTERM and SIGHUP, so that the terminal is restored. Needs a running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
