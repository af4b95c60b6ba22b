"""The background colour of a terminal: how to ask for it (XTerm control sequences, OSC 11)."""

import re

QUERY = "\x1b]11;?\x1b\\"
_REPLY = re.compile(r"\x1b\]11;([^\x07\x1b]*)(?:\x07|\x1b\\)")
_BEGUN_REPLY = re.compile(r"\x1b\](?:1(?:1(?:;[^\x07\x1b]{0,40}\x1b?)?)?)?\Z")
_COLOUR = re.compile(r"rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")


class BackgroundReply:
    """Finds the reply to the query in what a terminal sends, in any pieces."""

    def __init__(self) -> None:
        self._begun = ""
        self.colour: str | None = None  # as `#rrggbb`
        self.is_awaited = True

    def take(self, text: str) -> str:
        """Return the text without the reply; its beginning is kept until the rest arrives."""
        text, self._begun = self._begun + text, ""
        if not self.is_awaited:
            return text
        if reply := _REPLY.search(text):
            self.is_awaited = False
            self.colour = parse_colour(reply[1])
            return text[: reply.start()] + text[reply.end() :]
        if begun := _BEGUN_REPLY.search(text):
            self._begun = begun[0]
        return text.removesuffix(self._begun)


def parse_colour(text: str) -> str | None:
    """Return a colour such as `rgb:ffff/ffff/ffff` as `#rrggbb`, or None."""
    found = _COLOUR.match(text)
    if found is None:
        return None
    return "#" + "".join(f"{_to_byte(part):02x}" for part in found.groups())


def _to_byte(digits: str) -> int:
    """Return a colour component of one to four hexadecimal digits as a value up to 255."""
    return int(digits, 16) * 255 // int("f" * len(digits), 16)


def parse_colorfgbg(value: str) -> str | None:
    """Return white or black for the variable that rxvt and Konsole set, such as `0;15`, or None."""
    background = value.rpartition(";")[2]
    if not background.isdecimal() or not background.isascii():
        return None
    return "#ffffff" if int(background) in (7, *range(9, 16)) else "#000000"
