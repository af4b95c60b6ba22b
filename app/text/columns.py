"""Measures text in terminal columns: wide characters take two, combining marks none."""

from collections.abc import Iterable, Sequence

GAP = "  "  # between the columns of a table
ELLIPSIS = "…"


def width(text: str) -> int:
    """Return the number of terminal columns of a text without control characters."""
    if text.isascii():
        return len(text)
    import wcwidth

    return wcwidth.width(text)


def pad(text: str, columns: int) -> str:
    """Return the text, followed by spaces up to a width."""
    return text + " " * (columns - width(text))


def shorten(text: str, columns: int) -> str:
    """Return the text, truncated between graphemes to a width and then ending in an ellipsis."""
    if width(text) <= columns:
        return text
    from wcwidth import clip

    return clip(text, 0, columns - width(ELLIPSIS), fillchar="") + ELLIPSIS


def align(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the rows of a table as lines, with each column as wide as its widest cell."""
    table = list(rows)
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    return [GAP.join(map(pad, row, widths)).rstrip() for row in table]
