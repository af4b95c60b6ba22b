"""Words that a room does not want to hear, found in what is said without case, in every language.

`word` is found where it stands alone, `*word*` also inside longer words, `word*` at the beginning of one and `*word`
at its end. There are no other wildcards: so the work for a message grows with its length only, whatever the words.
Formatting and invisible characters are looked through.
"""

import re
from dataclasses import dataclass

from app.wire.names import caseless

MIN_LENGTH = 2  # letters of a word; a single one would silence a room
_COLOUR = re.compile("\x03(?:\\d{1,2}(?:,\\d{1,2})?)?|\x04(?:[0-9a-fA-F]{6})?")
_UNSEEN = dict.fromkeys(
    [*(code for code in range(32) if code != 10), 0x7F, 0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF]
)


@dataclass(frozen=True, slots=True)
class ForbiddenWord:
    """A word, ready to be looked for."""

    letters: str
    begins: bool
    ends: bool

    def is_in(self, heard: str) -> bool:
        """Whether it is part of a text, which is as `heard` returns it."""
        start = heard.find(self.letters)
        while start >= 0:
            end = start + len(self.letters)
            if not (self.begins and _goes_on(heard, start)) and not (self.ends and _goes_on(heard, end)):
                return True
            start = heard.find(self.letters, start + 1)
        return False


def _goes_on(text: str, place: int) -> bool:
    """Whether a word goes on over this place between two characters."""
    return 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum()


def read(written: str) -> ForbiddenWord:
    """Return the word that is written so.

    Raises: ValueError when there is none.
    """
    letters = caseless(written.removeprefix("*").removesuffix("*"))
    if len(letters) < MIN_LENGTH or "*" in letters:
        raise ValueError(f"A word has {MIN_LENGTH} letters at least, and * only before and behind it")
    return ForbiddenWord(letters, not written.startswith("*"), not written.endswith("*"))


def heard(text: str) -> str:
    """Return a text as words are looked for in it."""
    return caseless(_COLOUR.sub("", text).translate(_UNSEEN))
