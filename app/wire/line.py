"""Parses and formats IRC messages.

Follows RFC 1459 section 2.3.1 and https://ircv3.net/specs/extensions/message-tags. Messages are
`str` here; `framing` splits and decodes the byte stream.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

LINE_END = "\r\n"
_ESCAPES = {";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n", "\0": ""}
_UNESCAPES = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
_ESCAPE_TABLE = str.maketrans(_ESCAPES)
_LINE_BREAKS = str.maketrans("\0\r\n", "   ")
_PLAIN = re.compile(r"[^\0\r\n :][^\0\r\n ]*")


@dataclass(slots=True)
class Line:
    """An IRC message: its tags, source, command (in upper case) and parameters."""

    command: str
    params: list[str] = field(default_factory=list)
    source: str | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def nick(self) -> str:
        """The part of the source before `!`, or an empty string."""
        return (self.source or "").partition("!")[0]

    def __str__(self) -> str:
        return format_line(self.command, self.params, self.source, self.tags)


def parse(text: str, default: str = "") -> Line:
    """Parse a line without its line end; `default` is the command if the line has none.

    Raises: ValueError when the line has no command and there is no default.
    """
    tags: dict[str, str] = {}
    if text.startswith("@"):
        section, _, text = text[1:].partition(" ")
        tags = parse_tags(section)
    text = text.lstrip(" ")
    source: str | None = None
    if text.startswith(":"):
        source, _, text = text[1:].partition(" ")
        text = text.lstrip(" ")
    head, colon, trailing = text.partition(" :")
    params = head.split(" ")
    if "" in params:  # from consecutive spaces
        params = [word for word in params if word]
    if colon:
        params.append(trailing)
    if not params:
        if default:
            return Line(default)
        raise ValueError("The line has no command")
    return Line(params[0].upper(), params[1:], source, tags)


def parse_tags(section: str) -> dict[str, str]:
    """Parse a tag section without its `@`; if a name is repeated, the last value wins."""
    tags = {}
    for item in section.split(";"):
        name, _, value = item.partition("=")
        if name:
            tags[name] = unescape(value)
    return tags


def unescape(value: str) -> str:
    """Unescape a tag value; a lone trailing backslash is dropped."""
    if "\\" not in value:
        return value
    unescaped = []
    characters = iter(value)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            unescaped.append(_UNESCAPES.get(following, following))
        else:
            unescaped.append(character)
    return "".join(unescaped)


def format_tags(tags: Mapping[str, str]) -> str:
    """Format a tag section without its `@`; tags with an empty value are written without `=`."""
    return ";".join(
        f"{name}={value.translate(_ESCAPE_TABLE)}" if value else name for name, value in tags.items()
    )


def format_line(
    command: str,
    params: Iterable[str] = (),
    source: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> str:
    """Format one line, without its line end.

    Parameters are sanitised so that they cannot inject other parameters or lines: line breaks
    become spaces, and `plain` is applied to all but the last parameter.
    """
    parts = []
    if tags:
        parts.append("@" + format_tags(tags))
    if source:
        parts.append(":" + source)
    parts.append(command)
    words = list(params)
    if words:
        last = words.pop()
        parts.extend(map(plain, words))
        parts.append(last if _is_plain(last) else ":" + last)
    line = " ".join(parts)
    return line.translate(_LINE_BREAKS) if "\n" in line or "\r" in line or "\0" in line else line


@lru_cache(maxsize=4096)
def plain(param: str) -> str:
    """Return the parameter in a form valid as a middle parameter (RFC 1459 section 2.3.1).

    Spaces and line breaks become `_`, leading colons are removed, and an empty result becomes `*`.
    """
    return param if _is_plain(param) else _make_plain(param)


def _is_plain(param: str) -> bool:
    return _PLAIN.fullmatch(param) is not None


def _make_plain(param: str) -> str:
    return param.translate(_LINE_BREAKS).replace(" ", "_").lstrip(":") or "*"
