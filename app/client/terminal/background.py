"""Asks the terminal for its background colour (XTerm control sequences, OSC 11)."""

import os
import re
import termios
import tty
from collections.abc import Mapping

QUERY = b"\x1b]11;?\x1b\\\x1b[c"  # every terminal answers the second one, which thus ends the wait
WAIT_TENTHS = 3  # of a second
CONTROL_CHARACTERS = 6  # index in the attributes of a terminal
MAX_ANSWER_BYTES = 256
_COLOUR = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_ATTRIBUTES = re.compile(rb"\x1b\[\?[0-9;]*c")


def find_background(descriptor: int, environment: Mapping[str, str]) -> str | None:
    """Return the background colour of a terminal as `#rrggbb`, or None if it is not known.

    The terminal must not be in use. Keys that are pressed meanwhile are lost.
    """
    try:
        answer = _ask(descriptor)
    except (OSError, termios.error):
        answer = b""
    return parse_answer(answer) or parse_colorfgbg(environment.get("COLORFGBG", ""))


def _ask(descriptor: int) -> bytes:
    """Write the query, and read until its answer is complete."""
    attributes = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor, termios.TCSANOW)
    try:
        _limit_wait(descriptor)
        os.write(descriptor, QUERY)
        answer = b""
        while len(answer) < MAX_ANSWER_BYTES and not _ATTRIBUTES.search(answer):
            received = os.read(descriptor, MAX_ANSWER_BYTES)
            if not received:
                break
            answer += received
        return answer
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def _limit_wait(descriptor: int) -> None:
    """Let a read return nothing after a while (termios(3), VMIN = 0 and VTIME > 0)."""
    attributes = termios.tcgetattr(descriptor)
    attributes[CONTROL_CHARACTERS][termios.VMIN] = 0
    attributes[CONTROL_CHARACTERS][termios.VTIME] = WAIT_TENTHS
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def parse_answer(answer: bytes) -> str | None:
    """Return the colour in an answer such as `ESC ] 11 ; rgb:ffff/ffff/ffff ST`, or None."""
    found = _COLOUR.search(answer)
    if found is None:
        return None
    return "#" + "".join(f"{_to_byte(part):02x}" for part in found.groups())


def _to_byte(digits: bytes) -> int:
    """Return a colour component of one to four hexadecimal digits as a value up to 255."""
    return int(digits, 16) * 255 // int(b"f" * len(digits), 16)


def parse_colorfgbg(value: str) -> str | None:
    """Return white or black for the variable that rxvt and Konsole set, such as `0;15`, or None."""
    background = value.rpartition(";")[2]
    if not background.isdecimal() or not background.isascii():
        return None
    return "#ffffff" if int(background) in (7, *range(9, 16)) else "#000000"
