"""CTCP: messages that client programs exchange inside PRIVMSG and NOTICE.

They start with a delimiter byte (https://modern.ircdocs.horse/ctcp).
"""

DELIMITER = "\x01"
ACTION = "\x01ACTION "  # the start of a /me message


def is_request(text: str) -> bool:
    """Return whether the text is a CTCP message other than ACTION, which is meant for people."""
    return text.startswith(DELIMITER) and not text.startswith(ACTION)
