"""Lines of the message view: pieces of text, each with the role that decides its style."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from app.client.screen.message_lines.cells import cell_width
from app.text.formatting import PLAIN, TextFormat


class Role(Enum):
    """What a span of text is, which decides its style."""

    TEXT = "text"
    TIME = "time"
    NICK = "nick"
    MY_NICK = "my-nick"
    MENTION = "mention"
    NOTICE = "notice"
    EVENT = "event"
    INFO = "info"
    ERROR = "error"
    RULE = "rule"
    NEW = "new"
    QUOTE = "quote"
    REACTION = "reaction"
    MY_REACTION = "my-reaction"
    REDACTED = "redacted"
    PENDING = "pending"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of sanitised text in one style.

    `offset` is its position in the text of the entry, which can be selected and copied, or None if
    it is not part of that text.
    """

    text: str
    role: Role = Role.TEXT
    offset: int | None = None
    format: TextFormat = PLAIN
    url: str = ""


Line = list[Span]


class BodyLine(NamedTuple):
    """A line of the text of an entry: where it starts and ends in that text."""

    start: int
    end: int


def line_cells(line: Line) -> int:
    """Return the width of a line."""
    return sum(cell_width(span.text) for span in line)


def body_of(line: Line) -> BodyLine | None:
    """Return the part of an entry's text that is in a line, or None if there is none."""
    parts = [(span.offset, span.offset + len(span.text)) for span in line if span.offset is not None]
    return BodyLine(parts[0][0], parts[-1][1]) if parts else None


def reaction_at(line: Line, column: int) -> str | None:
    """Return the reaction at a column as it is displayed, possibly shortened, or None."""
    chips = (Role.REACTION, Role.MY_REACTION)
    start, label = 0, ""
    for span in line:
        text = span.text.strip() if span.role in chips else ""
        is_count = text.isdecimal() and label
        label = label if is_count else text
        start += cell_width(span.text)
        if column < start:
            return label if span.role in chips else None
        label = "" if is_count else label
    return None
