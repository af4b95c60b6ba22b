"""The lines of a multiline message (IRCv3 draft/multiline), as the log keeps them beside the text.

The text is the combined message. `lines` has the length of each line in characters; a negative one says that
the line continues the one before it, instead of standing below it.
"""

from collections.abc import Iterable, Iterator, Sequence

CONCAT = "draft/multiline-concat"  # the tag of a line that continues the one before it
Piece = tuple[str, bool]  # a line, and whether it continues the one before it


def combined(pieces: Iterable[Piece]) -> str:
    """Return the message that the lines are."""
    text = ""
    for number, (line, continues) in enumerate(pieces):
        text += line if continues or not number else f"\n{line}"
    return text


def lengths(pieces: Iterable[Piece]) -> list[int]:
    """Return what must be known of the lines beside the message, to have them again."""
    return [-len(line) if continues else len(line) for line, continues in pieces]


def cut(text: str, lines: Sequence[int]) -> Iterator[Piece]:
    """Yield the lines of a message as they were sent."""
    start = 0
    for number, length in enumerate(lines):
        start += number > 0 and length >= 0
        yield text[start : start + abs(length)], length < 0
        start += abs(length)
