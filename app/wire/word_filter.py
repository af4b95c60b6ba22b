"""The word filter: finds a channel's forbidden words (mode +g) in messages.

`word` matches only a whole word, `word*` also the start of a word, `*word` also the end of one, and
`*word*` any part of one. There are no other wildcards, so the time to check a message is linear in
its length. Case, formatting codes and invisible characters are ignored.
"""

import re
from dataclasses import dataclass

from app.wire.names import caseless

MIN_WORD_LENGTH = 2  # characters; a single letter would match nearly every message
_COLOUR = re.compile("\x03(?:\\d{1,2}(?:,\\d{1,2})?)?|\x04(?:[0-9a-fA-F]{6})?")
_INVISIBLE = dict.fromkeys(
    [*(code for code in range(32) if code != 10), 0x7F, 0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF]
)


@dataclass(frozen=True, slots=True)
class ForbiddenWord:
    """A parsed entry of the word filter."""

    letters: str
    is_start_anchored: bool
    is_end_anchored: bool

    def is_in(self, text: str) -> bool:
        """Return whether the word occurs in a text returned by `normalise_text`."""
        start = text.find(self.letters)
        while start >= 0:
            if self._is_anchored(text, start, start + len(self.letters)):
                return True
            start = text.find(self.letters, start + 1)
        return False

    def _is_anchored(self, text: str, start: int, end: int) -> bool:
        if self.is_start_anchored and _is_inside_word(text, start):
            return False
        return not (self.is_end_anchored and _is_inside_word(text, end))


def _is_inside_word(text: str, index: int) -> bool:
    """Return whether the boundary before `index` has alphanumeric characters on both sides."""
    return 0 < index < len(text) and text[index - 1].isalnum() and text[index].isalnum()


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
    """Return the text in the form for `ForbiddenWord.is_in`: caseless, without formatting."""
    return caseless(_COLOUR.sub("", text).translate(_INVISIBLE))
