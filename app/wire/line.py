"""One IRC message as a value, parsed and formatted.

Follows RFC 1459 section 2.3.1 and the IRCv3 message-tags specification. Both directions work on `str`;
bytes are cut into lines by `framing` and decoded there.
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
    """A message: tags, the source it came from, a verb in upper case and its parameters."""

    command: str
    params: list[str] = field(default_factory=list)
    source: str | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def nick(self) -> str:
        """The part of the source before `!`, or an empty text."""
        return (self.source or "").partition("!")[0]

    def __str__(self) -> str:
        return format_line(self.command, self.params, self.source, self.tags)


def parse(text: str, default: str = "") -> Line:
    """Read one line, without its line end; one without a command is a bare `default`, if there is that.

    Raises: ValueError when there is neither.
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
    if "" in params:  # of several spaces in a row
        params = [word for word in params if word]
    if colon:
        params.append(trailing)
    if not params:
        if default:
            return Line(default)
        raise ValueError("a line without a command")
    return Line(params[0].upper(), params[1:], source, tags)


def parse_tags(section: str) -> dict[str, str]:
    """Read a tag section without its `@`; a later tag of the same name wins, as the specification says."""
    tags = {}
    for item in section.split(";"):
        name, _, value = item.partition("=")
        if name:
            tags[name] = unescape(value)
    return tags


def unescape(value: str) -> str:
    """Undo the escaping of a tag value; a lone backslash at the end is dropped."""
    if "\\" not in value:
        return value
    out = []
    characters = iter(value)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            out.append(_UNESCAPES.get(following, following))
        else:
            out.append(character)
    return "".join(out)


def format_tags(tags: Mapping[str, str]) -> str:
    """Write a tag section without its `@`; a tag with an empty value is written without `=`."""
    return ";".join(
        f"{name}={value.translate(_ESCAPE_TABLE)}" if value else name for name, value in tags.items()
    )


def format_line(
    command: str,
    params: Iterable[str] = (),
    source: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> str:
    """Write one line, without its line end.

    What cannot be written is changed rather than sent as something else: a line break becomes a space, and a
    parameter before the last that would be read as several, or as none, becomes one that is not.
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
    """Return the parameter as it can stand before the last one, changed if it would be read as something else."""
    return param if _is_plain(param) else _made_plain(param)


def _is_plain(param: str) -> bool:
    """Whether a parameter reads the same without the colon that only the last one may have."""
    return _PLAIN.fullmatch(param) is not None


def _made_plain(param: str) -> str:
    """Change a parameter so that `_is_plain` holds."""
    return param.translate(_LINE_BREAKS).replace(" ", "_").lstrip(":") or "*"
