"""Unicode normalisation form NFKC (UAX #15), in time linear in the length of a text.

The time to order combining characters grows with the square of their number, so a long text is
normalised in pieces. The result differs from NFKC only for more than a hundred of them in sequence.
"""

import unicodedata
from collections.abc import Iterator

MAX_PIECE_CHARACTERS = 128  # normalised at once; a piece ends in its second half
_JAMO_TAILS = frozenset(map(chr, range(0x1160, 0x1200)))  # vowels and final consonants of Hangul


def compose(text: str) -> str:
    """Return the text in NFKC; of a valid name it changes only composition and width."""
    if len(text) <= MAX_PIECE_CHARACTERS:
        return unicodedata.normalize("NFKC", text)
    return "".join(unicodedata.normalize("NFKC", piece) for piece in _split_before_starters(text))


def _split_before_starters(text: str) -> Iterator[str]:
    """Split a text where NFKC composes nothing across the boundary, if there is such a place."""
    start = 0
    while start < len(text):
        end = start + MAX_PIECE_CHARACTERS
        boundaries = range(end, start + MAX_PIECE_CHARACTERS // 2, -1)
        if end < len(text):
            end = next((place for place in boundaries if _is_starter(text[place])), end)
        yield text[start:end]
        start = end


def _is_starter(character: str) -> bool:
    """Return whether NFKC never composes a character with an earlier one."""
    first = unicodedata.normalize("NFKD", character)[0]
    return not unicodedata.category(first).startswith("M") and first not in _JAMO_TAILS
