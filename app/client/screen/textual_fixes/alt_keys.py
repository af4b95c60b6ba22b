"""Recognises Alt with a character as a key without delay.

Terminals send Alt with a character as Escape and the character. Textual knows few such sequences.
For others it waits whether more follows, so each of these keys would be late by 0.1 seconds, and
two of them within that time would become text. It takes Escape with a digit for the character that
WezTerm on macOS sends for the Option key, such as `¡`; that character itself still arrives.
"""

from dataclasses import dataclass
from typing import cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.keys import KEY_NAME_REPLACEMENTS, _character_to_key

ESCAPE = "\x1b"
SEQUENCE_STARTS = frozenset("[OPX]^_\\")  # after Escape, these begin or end what a terminal reports
CONTROLS = {"\r": "alt+enter", "\n": "alt+enter", "\t": "alt+tab"}
CHARACTERS = [chr(code) for code in range(ord("!"), ord("~") + 1) if chr(code) not in SEQUENCE_STARTS]


@dataclass(frozen=True, slots=True)
class AltKey:
    """A key as the table of sequences has it; `value` is its name."""

    value: str


def register_alt_keys() -> None:
    """Add Alt with each character to the table, except where a sequence has another meaning."""
    table = cast(dict[str, object], ANSI_SEQUENCES_KEYS)
    for character in CHARACTERS:
        sequence = f"{ESCAPE}{character}"
        if not isinstance(table.get(sequence), tuple):
            table[sequence] = (AltKey(name_alt_key(character)),)
    for character, name in CONTROLS.items():
        if not isinstance(table.get(f"{ESCAPE}{character}"), tuple):
            table[f"{ESCAPE}{character}"] = (AltKey(name),)


def name_alt_key(character: str) -> str:
    """Return the name by which a key is bound, such as `alt+shift+a`."""
    if character.isalnum():
        return f"alt+shift+{character.lower()}" if character.isupper() else f"alt+{character}"
    name = _character_to_key(character)
    return f"alt+{KEY_NAME_REPLACEMENTS.get(name, name)}"
