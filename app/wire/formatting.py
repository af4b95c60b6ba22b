"""IRC formatting codes (modern.ircdocs.horse/formatting) and control characters in text."""

import re

_FORMATTING = re.compile(r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9a-fA-F]{6}(?:,[0-9a-fA-F]{6})?)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def clean(text: str) -> str:
    """Return the text on one line, without IRC formatting and control characters."""
    return _CONTROL.sub("", _FORMATTING.sub("", text.replace("\n", " ")))
