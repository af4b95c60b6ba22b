"""Sanitises text from the network before it reaches a terminal.

Such text may contain escape sequences that move the cursor or set the window title, characters that
change the writing direction, invisible characters, and mIRC formatting codes. Formatting codes are
removed. All other invisible characters are replaced by a visible placeholder, so no text can be
hidden. What belongs to a visible character stays: the joiners of words and emoji, and the tags of
the flags of England, Scotland and Wales.
"""

import re
import unicodedata

from app.text.encoding import escape_matches

MIRC = re.compile(
    r"\x03(?:\d{1,2}(?:,\d{1,2})?)?"
    r"|\x04(?:[0-9a-fA-F]{6}(?:,[0-9a-fA-F]{6})?)?"
    r"|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
PLACEHOLDER = "\ufffd"
SPACES = "\t\n\r\x0b\x0c\x85\u2028\u2029"
JOINERS = "\u200c\u200d"  # needed inside words of some scripts and inside emoji
# Format characters with a glyph, drawn around or before digits (Prepended_Concatenation_Mark).
VISIBLE_FORMATS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
# A black flag and the tags of a subdivision code such as `gbeng` (UTS #51, emoji tag sequences).
SUBDIVISION_FLAG = re.compile("(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)")
SHOWN_FORMATS = JOINERS + VISIBLE_FORMATS
HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JSON_HIDDEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """Return a text that is safe to print on one line of a terminal."""
    if text.isascii() and text.isprintable():
        return text
    parts = SUBDIVISION_FLAG.split(MIRC.sub("", text))
    parts[::2] = ["".join(map(_visible, part)) for part in parts[::2]]  # the others are flags
    return "".join(parts)


def _visible(character: str) -> str:
    if character in SPACES:
        return " "
    if character in SHOWN_FORMATS or unicodedata.category(character) not in HIDDEN_CATEGORIES:
        return character
    return PLACEHOLDER


def escape_hidden(json_text: str) -> str:
    """Escape invisible characters in a JSON text without changing its value."""
    return escape_matches(JSON_HIDDEN, json_text)
