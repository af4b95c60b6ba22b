"""Control sequences for the terminal outside of tmux or GNU screen.

A multiplexer discards the sequences that it does not know, unless they are wrapped in a device
control string that it forwards. tmux requires the option `allow-passthrough`.
"""

from collections.abc import Mapping
from enum import Enum

ESCAPE, BELL, STRING_TERMINATOR = "\x1b", "\a", "\x1b\\"
MAX_SCREEN_CHARACTERS = 250  # of one control string; GNU screen discards longer ones


class Multiplexer(Enum):
    """The program between the client and the terminal."""

    NONE = "none"
    TMUX = "tmux"
    SCREEN = "screen"


def find_multiplexer(environment: Mapping[str, str]) -> Multiplexer:
    """Return the multiplexer that the environment describes; inside of both, tmux is assumed."""
    if environment.get("TMUX"):
        return Multiplexer.TMUX
    return Multiplexer.SCREEN if environment.get("STY") else Multiplexer.NONE


def operating_system_command(*fields: str) -> str:
    """Return an operating system command (ECMA-48, OSC) with these fields.

    It ends with BEL, because GNU screen would take ST for the end of the string around it.
    """
    return f"{ESCAPE}]{';'.join(fields)}{BELL}"


def wrap(sequence: str, multiplexer: Multiplexer) -> str:
    """Return a sequence in the form in which a multiplexer forwards it to the terminal."""
    if multiplexer is Multiplexer.TMUX:
        return f"{ESCAPE}Ptmux;{sequence.replace(ESCAPE, ESCAPE * 2)}{STRING_TERMINATOR}"
    if multiplexer is Multiplexer.SCREEN:
        starts = range(0, len(sequence), MAX_SCREEN_CHARACTERS)
        parts = (sequence[start : start + MAX_SCREEN_CHARACTERS] for start in starts)
        return "".join(f"{ESCAPE}P{part}{STRING_TERMINATOR}" for part in parts)
    return sequence
