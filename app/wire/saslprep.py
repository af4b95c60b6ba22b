"""SASLprep (RFC 4013): equal passwords compare equal, however they were typed.

A keyboard may produce é as one character or as e with an accent, and a space that does not break.
SASLprep maps such variants to one form. RFC 4616 and RFC 5802 require it for passwords.

The tables are those of Unicode 3.2 (RFC 3454), which `stringprep` holds. A new password ("stored
string") must not contain a character that is not in them, because a later version of Unicode might
normalise it differently. A password to check ("query") may: it is left unchanged.
"""

import unicodedata
from stringprep import (
    in_table_a1,
    in_table_b1,
    in_table_c3,
    in_table_c4,
    in_table_c5,
    in_table_c6,
    in_table_c7,
    in_table_c8,
    in_table_c9,
    in_table_c12,
    in_table_c21_c22,
    in_table_d1,
    in_table_d2,
)

_PROHIBITED = (
    (in_table_c21_c22, "a control character"),
    (in_table_c3, "a character for private use"),
    (in_table_c4, "a code point that is not a character"),
    (in_table_c5, "half of a surrogate pair"),
    (in_table_c6, "a replacement character"),
    (in_table_c7, "an ideographic description character"),
    (in_table_c8, "a character that only changes how text is displayed"),
    (in_table_c9, "a tag character"),
)


class ProhibitedString(ValueError):
    """SASLprep prohibits the text; the message is the predicate of a sentence about it.

    It names the kind of character and not the character, because the text is a secret.
    """


def prepare_stored(text: str) -> str:
    """Prepare a text for storage, such as a new password.

    Raises: ProhibitedString, also for a character that Unicode 3.2 does not assign.
    """
    prepared = prepare_query(text)
    if any(map(in_table_a1, prepared)):
        raise ProhibitedString("contains a character that is newer than Unicode 3.2, such as most emoji")
    return prepared


def prepare_query(text: str) -> str:
    """Prepare a text for comparison with a stored one.

    Raises: ProhibitedString.
    """
    mapped = "".join(" " if in_table_c12(letter) else letter for letter in text if not in_table_b1(letter))
    prepared = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    for is_prohibited, description in _PROHIBITED:
        if any(map(is_prohibited, prepared)):
            raise ProhibitedString(f"contains {description}")
    _check_direction(prepared)
    return prepared


def _check_direction(text: str) -> None:
    """Check a text with right-to-left letters (RFC 3454 section 6).

    Raises: ProhibitedString.
    """
    if not any(map(in_table_d1, text)):
        return
    if any(map(in_table_d2, text)) or not (in_table_d1(text[0]) and in_table_d1(text[-1])):
        raise ProhibitedString(
            "mixes right-to-left letters with others, or does not begin and end with a right-to-left letter"
        )
