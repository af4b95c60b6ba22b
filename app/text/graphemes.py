"""Cuts text between graphemes, the characters that a reader perceives.

A grapheme may consist of many code points: a letter and its accents, a Hangul syllable, a flag, or
an emoji with a skin tone. The boundaries are those of UAX #29 (extended grapheme clusters). A
grapheme is cut only if it does not fit on its own.

The library is imported on first use, as most text is ASCII and needs none of its tables.
"""

from collections.abc import Iterator


def truncate(text: str, max_bytes: int) -> str:
    """Return the text, truncated between graphemes to at most `max_bytes` UTF-8 bytes."""
    fitting = count_fitting(text, max_bytes)
    return text if fitting == len(text) else text[: find_boundary(text, fitting)]


def truncate_characters(text: str, max_characters: int) -> str:
    """Return the text, truncated between graphemes to at most `max_characters` code points."""
    return text[: find_boundary(text, max_characters)]


def split_text(text: str, max_bytes: int) -> Iterator[str]:
    """Split a text into parts of at most `max_bytes` UTF-8 bytes, whose concatenation is the text.

    A part ends after a space if there is one in its second half, and otherwise between graphemes.
    A character longer than `max_bytes` is a part of its own.
    """
    while (fitting := max(1, count_fitting(text, max_bytes))) < len(text):
        end = _find_space(text, fitting) or find_boundary(text, fitting)
        yield text[:end]
        text = text[end:]
    yield text


def count_fitting(text: str, max_bytes: int) -> int:
    """Return how many of the text's first code points fit into `max_bytes` UTF-8 bytes."""
    return len(text[:max_bytes].encode()[:max_bytes].decode(errors="ignore"))


def find_boundary(text: str, end: int) -> int:
    """Return the last grapheme boundary at or before the index `end`.

    Returns `end` itself if the first grapheme is longer.
    """
    if end <= 0 or end >= len(text) or _is_plain(text[end - 1 : end + 1]):
        return end
    from wcwidth import iter_graphemes

    boundary = 0
    for grapheme in iter_graphemes(text[: end + 1]):  # whether it is a boundary depends on the next one
        if boundary + len(grapheme) > end:
            break
        boundary += len(grapheme)
    return boundary or end


def _is_plain(pair: str) -> bool:
    """Return whether two code points are ASCII, and therefore two graphemes."""
    return pair.isascii() and pair != "\r\n"


def _find_space(text: str, end: int) -> int:
    """Return the index after the last space in the second half of `text[:end]`, or 0."""
    return find_boundary(text, space + 1) if (space := text.rfind(" ", end // 2, end)) > 0 else 0
