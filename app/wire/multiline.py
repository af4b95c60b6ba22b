"""Lines of a multiline message (https://ircv3.net/specs/extensions/multiline).

The log stores the combined text and the length of each line in characters. A negative length marks
a line that continues the previous one without a line break.
"""

from collections.abc import Iterable, Iterator, Sequence

CONCAT_TAG = "draft/multiline-concat"  # marks a line that continues the previous one
MessageLine = tuple[str, bool]  # the text, and whether it continues the previous line


def combine(lines: Iterable[MessageLine]) -> str:
    """Return the combined text of the lines."""
    text = ""
    for index, (line, is_continuation) in enumerate(lines):
        text += line if is_continuation or not index else f"\n{line}"
    return text


def line_lengths(lines: Iterable[MessageLine]) -> list[int]:
    """Return the lengths from which `split_lines` restores the lines."""
    return [-len(line) if is_continuation else len(line) for line, is_continuation in lines]


def split_lines(text: str, line_lengths: Sequence[int]) -> Iterator[MessageLine]:
    """Yield the lines of a combined text."""
    start = 0
    for index, length in enumerate(line_lengths):
        start += index > 0 and length >= 0
        yield text[start : start + abs(length)], length < 0
        start += abs(length)
