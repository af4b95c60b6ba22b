"""Sanitises other people's text before it reaches a terminal, a log or a document.

Such text may contain escape sequences that move the cursor or set the window title, characters that
change the writing direction, invisible characters, and mIRC formatting codes. Formatting codes are
removed. All other invisible characters are replaced by a visible placeholder, so no text can be
hidden. What belongs to a visible character stays: the joiners of words and emoji, one variation
selector, and the tags of the flags of England, Scotland and Wales.
"""

import re
import unicodedata
from collections.abc import Iterator

from app.text.encoding import escape_matches

FORMATTING_CODES = re.compile(  # modern.ircdocs.horse/formatting
    r"\x03(?:\d{1,2}(?:,\d{1,2})?)?"
    r"|\x04(?:[0-9a-fA-F]{6}(?:,[0-9a-fA-F]{6})?)?"
    r"|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
PLACEHOLDER = "\ufffd"
SPACES = frozenset("\t\n\r\x0b\x0c\x85\u2028\u2029")
# Needed inside words of some scripts and inside emoji; after ASCII they have no effect.
JOINERS = frozenset("\u034f\u200c\u200d")
VARIATION_SELECTORS = frozenset(
    map(chr, [*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)
# Format characters with a glyph, drawn around or before digits (Prepended_Concatenation_Mark).
VISIBLE_FORMATS = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
# A black flag and the tags of a subdivision code such as `gbeng` (UTS #51, emoji tag sequences).
SUBDIVISION_FLAG = re.compile("(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)")
HIDDEN_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
# Default_Ignorable_Code_Point outside of these categories (fillers, inherent vowels, reserved),
# and format characters that are newer than Python's version of Unicode.
IGNORABLE = re.compile(
    "[\u115f\u1160\u17b4\u17b5\u2065\u3164\uffa0\ufff0-\ufff8\U00013430-\U0001343f\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
# What `clean` does not show as it is, in any context, except for ASCII controls.
INVISIBLE = re.compile(
    "[\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_INVISIBLE_WITHIN_WORD = re.compile(f"[\x00-\x08\x0e-\x1f]|(?![\x85\u2028\u2029]){INVISIBLE.pattern}")


def clean(text: str) -> str:
    """Return a text that is safe to print on one line of a terminal."""
    if text.isascii() and text.isprintable():
        return text
    parts = SUBDIVISION_FLAG.split(FORMATTING_CODES.sub("", text))
    parts[::2] = ["".join(_show(part)) for part in parts[::2]]  # the others are flags
    return "".join(parts)


def clean_lines(text: str) -> str:
    """Return a text that is safe to print, with its line feeds."""
    return "\n".join(map(clean, text.split("\n")))


def _show(text: str) -> Iterator[str]:
    """Yield the characters of a text as they are displayed, each after the previous one."""
    previous = PLACEHOLDER
    for character in text:
        previous = _show_after(previous, character)
        yield previous


def _show_after(previous: str, character: str) -> str:
    if character in SPACES:
        return " "
    if character in VARIATION_SELECTORS or character in JOINERS:
        return character if _may_follow(previous, character) else PLACEHOLDER
    if character in VISIBLE_FORMATS:
        return character
    is_hidden = unicodedata.category(character) in HIDDEN_CATEGORIES or IGNORABLE.match(character)
    return PLACEHOLDER if is_hidden else character


def _may_follow(previous: str, character: str) -> bool:
    """Return whether a joiner or variation selector belongs to the visible character before it."""
    if previous in " \ufffd" or previous in JOINERS:
        return False
    if character in JOINERS:
        return not previous.isascii()
    return previous not in VARIATION_SELECTORS


def escape_hidden(json_text: str) -> str:
    """Escape invisible characters in a JSON text without changing its value."""
    return escape_matches(INVISIBLE, json_text)


def remove_invisible(text: str) -> str:
    """Return a text without formatting codes and invisible characters, for comparing what it shows.

    Tabs and line ends stay, because they are shown as spaces.
    """
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE_WITHIN_WORD.sub("", FORMATTING_CODES.sub("", text))
