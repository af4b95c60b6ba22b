"""The word filter: finds a channel's forbidden words (mode +g) in messages.

`word` matches only a whole word, `word*` also the start of a word, `*word` also the end of one, and
`*word*` any part of one. There are no other wildcards, so the time to check a message is linear in
its length. Case, formatting codes and invisible characters are ignored.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from app.wire.names import caseless

MIN_WORD_LENGTH = 2  # characters; a single letter would match nearly every message
_BOUNDARY = "\x00"  # in no message: IRC lines cannot contain it
_OUTSIDE_WORD = re.compile(r"(?<![^\W_])|(?![^\W_])")
_COLOUR = re.compile("\x03(?:\\d{1,2}(?:,\\d{1,2})?)?|\x04(?:[0-9a-fA-F]{6})?")
_INVISIBLE = dict.fromkeys(
    [*(code for code in range(32) if code != 10), 0x7F, 0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF]
)


@dataclass(frozen=True)
class ForbiddenWord:
    """A parsed entry of the word filter."""

    letters: str
    is_start_anchored: bool
    is_end_anchored: bool

    @cached_property
    def _needle(self) -> str:
        start = _BOUNDARY if self.is_start_anchored else ""
        end = _BOUNDARY if self.is_end_anchored else ""
        return start + _mark_boundaries(self.letters)[1:-1] + end

    def is_in(self, text: str) -> bool:
        """Return whether the word occurs in a text returned by `normalise_text`."""
        return self._needle in text


def _mark_boundaries(text: str) -> str:
    """Mark every boundary that does not have alphanumeric characters on both sides."""
    return _OUTSIDE_WORD.sub(_BOUNDARY, text)


def parse_word(entry: str) -> ForbiddenWord:
    """Parse an entry of the word filter.

    Raises: ValueError when the word is too short or contains a `*` in the middle.
    """
    letters = caseless(entry.removeprefix("*").removesuffix("*"))
    if len(letters) < MIN_WORD_LENGTH or "*" in letters:
        raise ValueError(
            f"A word must have at least {MIN_WORD_LENGTH} letters; * is allowed only at its ends"
        )
    return ForbiddenWord(letters, not entry.startswith("*"), not entry.endswith("*"))


def normalise_text(text: str) -> str:
    """Return the text in the form for `ForbiddenWord.is_in`: caseless, without formatting.

    Boundaries of words are marked, so that an anchored word is an ordinary substring.
    """
    return _mark_boundaries(caseless(_COLOUR.sub("", text).translate(_INVISIBLE)))
