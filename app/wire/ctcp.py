"""Messages that programs answer (CTCP), told from those that people read: they begin with a byte of their own."""

MARK = "\x01"
ACTION = "\x01ACTION "  # what begins a message that says what somebody does


def is_request(text: str) -> bool:
    """Whether a program would answer the message; what somebody does (ACTION) is for people."""
    return text.startswith(MARK) and not text.startswith(ACTION)
