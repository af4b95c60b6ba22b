"""Characters that no output may contain as they are, according to Unicode."""

import regex

NASTY = "\x1b[31m\x9b1m\x9d0;t\x07\u202egnp.\u2066\u200b\u200f\ufeff\u00ad\u115f\U000e0061\x85\u2028\x7f"
_HIDDEN = regex.compile(
    r"[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]", regex.VERSION1
)
_LINE_ENDS = "\r\n"


def find_hidden(text: str) -> set[str]:
    """Return the controls, format characters and other invisible characters of a text."""
    return {character for character in _HIDDEN.findall(text) if character not in _LINE_ENDS}
