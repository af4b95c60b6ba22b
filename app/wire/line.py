"""One IRC message as a value, parsed and formatted.

Follows RFC 1459 section 2.3.1 and the IRCv3 message-tags specification. Both directions work on `str`;
bytes are cut into lines by `framing` and decoded there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_ESCAPES = {";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n"}
_UNESCAPES = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
_ESCAPE_TABLE = str.maketrans(_ESCAPES)


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


def parse(text: str) -> Line:
    """Read one line, without its line end.

    Raises: ValueError when there is no command in it.
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
    words = head.split(" ") if " " in head else [head]
    params = [word for word in words if word]
    if colon:
        params.append(trailing)
    if not params:
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
    """Write one line, without its line end."""
    parts = []
    if tags:
        parts.append("@" + format_tags(tags))
    if source:
        parts.append(":" + source)
    parts.append(command)
    *middle, last = list(params) or [None]
    parts.extend(str(word) for word in middle)
    if last is not None:
        parts.append(last if _is_plain(last) else ":" + last)
    return " ".join(parts)


def _is_plain(param: str) -> bool:
    """Whether a last parameter reads the same without the leading colon."""
    return bool(param) and " " not in param and not param.startswith(":")
