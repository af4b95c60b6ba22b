"""The word filter: finds a channel's forbidden words (mode +g) in messages.

`word` matches only a whole word, `word*` also the start of a word, `*word` also the end of one, and
`*word*` any part of one. There are no other wildcards. Case, formatting codes and invisible
characters are ignored.

All words of a channel are compiled to one Aho-Corasick automaton, so the time to check a message is
linear in its length, whatever the number of words. Boundaries of words are marked in the message,
and in the words, by a character that occurs in neither; that makes an anchored word an ordinary
substring.
"""

import re
from collections.abc import Iterable
from contextlib import suppress

import ahocorasick

from app.text.sanitise import remove_invisible
from app.wire.names import caseless

MIN_WORD_LENGTH = 2  # characters; a single letter would match nearly every message
MAX_FILTER_BYTES = 8192  # of all words of a channel: bounds the automaton, about 400 KB
_BOUNDARY = "\0"  # IRC lines cannot contain it
_NOT_INSIDE_WORD = re.compile(r"(?<![^\W_])|(?![^\W_])")


class WordFilter:
    """The compiled words of a channel."""

    def __init__(self, words: Iterable[str]) -> None:
        """Compile the words; ignore those that `check_word` refuses but older versions stored."""
        self._automaton = ahocorasick.Automaton(ahocorasick.STORE_LENGTH)
        for word in words:
            with suppress(ValueError):
                self._automaton.add_word(_parse_word(word))
        self._automaton.make_automaton()

    def matches(self, text: str) -> bool:
        """Return whether the text contains a forbidden word."""
        if not self._automaton:
            return False
        return next(self._automaton.iter(_mark_boundaries(_fold(text))), None) is not None


def check_word(word: str) -> None:
    """Check an entry of the word filter.

    Raises: ValueError when the word is too short or contains a `*` in the middle.
    """
    _parse_word(word)


def _parse_word(word: str) -> str:
    """Return the substring of a folded and marked text that an entry of the word filter matches."""
    letters = _fold(word.removeprefix("*").removesuffix("*"))
    if len(letters) < MIN_WORD_LENGTH or "*" in letters:
        raise ValueError(
            f"A word must have at least {MIN_WORD_LENGTH} letters; * is allowed only at its ends"
        )
    inner = _mark_boundaries(letters).removeprefix(_BOUNDARY).removesuffix(_BOUNDARY)
    start = "" if word.startswith("*") else _BOUNDARY
    end = "" if word.endswith("*") else _BOUNDARY
    return f"{start}{inner}{end}"


def _fold(text: str) -> str:
    """Return the text as it is compared: caseless, without formatting and invisible characters."""
    return caseless(remove_invisible(text))


def _mark_boundaries(text: str) -> str:
    """Mark every position that does not have alphanumeric characters on both sides."""
    return _NOT_INSIDE_WORD.sub(_BOUNDARY, text)
