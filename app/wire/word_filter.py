"""The word filter: finds a channel's forbidden words (mode +g) in messages.

`word` matches only a whole word, `word*` also the start of a word, `*word` also the end of one, and
`*word*` any part of one. There are no other wildcards. Case, formatting codes and invisible
characters are ignored. The vowel signs of Indic scripts are letters, other combining marks are not:
an accent must not turn a forbidden word into a longer one.

All words of a channel are compiled to one Aho-Corasick automaton, so the time to check a message is
linear in its length, whatever the number of words. Boundaries of words are marked in the message,
and in the words, by a character that occurs in neither; that makes an anchored word an ordinary
substring.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import cache

import ahocorasick

from app.text.sanitise import remove_invisible
from app.wire.names import caseless

MIN_WORD_LENGTH = 2  # characters; a single letter would match nearly every message
MAX_FILTER_BYTES = 8192  # of all words of a channel
MAX_FILTER_STATES = 16_384  # of their automaton, about 700 KB: folding turns a letter into up to 18
_BOUNDARY = "\0"  # IRC lines cannot contain it
_VOWEL_SIGN_BLOCKS = (range(0x900, 0x1C00), range(0xA800, 0xAC00), range(0x11000, 0x12000))
_VOWEL_SIGN_CLASSES = (0, 7, 9)  # canonical combining classes: not reordered, nukta, virama


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


def is_too_large(words: Collection[str]) -> bool:
    """Return whether the words are too long, together, for one channel."""
    states = sum(len(_mark_boundaries(_fold(word))) for word in words)
    return states > MAX_FILTER_STATES or sum(len(word.encode()) for word in words) > MAX_FILTER_BYTES


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
    """Mark every position that does not have letters or digits on both sides."""
    return _not_inside_word().sub(_BOUNDARY, text)


@cache
def _not_inside_word() -> re.Pattern[str]:
    signs = "".join(chr(code) for block in _VOWEL_SIGN_BLOCKS for code in block if _is_vowel_sign(chr(code)))
    letter = rf"[^\W_]|[{signs}]"
    return re.compile(rf"(?<!{letter})|(?!{letter})")


def _is_vowel_sign(character: str) -> bool:
    """Return whether a mark is part of the spelling of a word: a vowel sign, nukta or virama."""
    is_mark = unicodedata.category(character) in ("Mc", "Mn") and remove_invisible(character) != ""
    return is_mark and unicodedata.combining(character) in _VOWEL_SIGN_CLASSES
