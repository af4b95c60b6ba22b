"""CTCP: messages between client programs, embedded in PRIVMSG and NOTICE.

They begin with a delimiter byte (https://modern.ircdocs.horse/ctcp).
"""

DELIMITER = "\x01"
ACTION = "\x01ACTION "  # the start of a /me message


def is_request(text: str) -> bool:
    """Return whether the text is a CTCP message other than ACTION, which contains ordinary text."""
    return text.startswith(DELIMITER) and not text.startswith(ACTION)
