"""Finds nicks and keywords in a text, as whole words.

Case, width and composition are folded as in nicks. Letters, digits, combining marks, `_` and `|`
form words, and so does a hyphen between two of them: `anna` is not mentioned in `annabel`,
`anna_` or `anna-lisa`, but in `@anna:` and `anna's`. Scripts that are written without spaces do not
delimit words, so any text may precede or follow there, as after `花子` in `花子さん`.
"""

import re
import unicodedata
from collections.abc import Iterable

from app.text.sanitise import clean
from app.wire.names import caseless

WORD_PUNCTUATION = "_|"
# Han, Hiragana, Thai, Lao, Tibetan, Burmese and Khmer.
_WITHOUT_SPACES = re.compile(
    "[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
    "\u3041-\u309f\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff]"
)
_KATAKANA = re.compile("[\u30a1-\u30ff\u31f0-\u31ff]")


def is_mentioned(text: str, words: Iterable[str]) -> bool:
    """Return whether a text contains one of the words or phrases as a whole word."""
    folded = caseless(clean(text))
    return any(_contains_word(folded, caseless(clean(word)).strip()) for word in words)


def _contains_word(text: str, word: str) -> bool:
    """Return whether a folded text contains a folded word; the empty word is never contained."""
    start = text.find(word) if word else -1
    while start >= 0:
        if _is_boundary(text, start) and _is_boundary(text, start + len(word)):
            return True
        start = text.find(word, start + 1)
    return False


def _is_boundary(text: str, index: int) -> bool:
    """Return whether no word extends across a position."""
    before, after = text[max(index - 2, 0) : index], text[index : index + 2]
    if after.startswith("-") or before.endswith("-"):
        return not _is_hyphenated(before, after)
    return not (before and after and _are_joined(before[-1], after[0]))


def _is_hyphenated(before: str, after: str) -> bool:
    """Return whether a hyphen next to a position joins two word characters."""
    around = before + after
    hyphen = len(before) if after.startswith("-") else len(before) - 1
    if not 0 < hyphen < len(around) - 1:
        return False
    return _is_word_character(around[hyphen - 1]) and _is_word_character(around[hyphen + 1])


def _are_joined(before: str, after: str) -> bool:
    """Return whether two adjacent characters belong to one word."""
    if unicodedata.category(after).startswith("M"):
        return True
    if not (_is_word_character(before) and _is_word_character(after)):
        return False
    if _WITHOUT_SPACES.match(before) or _WITHOUT_SPACES.match(after):
        return False
    return bool(_KATAKANA.match(before)) == bool(_KATAKANA.match(after))


def _is_word_character(character: str) -> bool:
    is_letter_or_mark = character.isalnum() or unicodedata.category(character).startswith("M")
    return is_letter_or_mark or character in WORD_PUNCTUATION
