"""Parses integers from user input."""

MAX_DIGITS = 18  # keeps numbers below 2**63


def parse_number(text: str) -> int | None:
    """Parse a non-negative integer in ASCII digits; return None if it is malformed or too long."""
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    return int(text) if is_number else None
