"""Parse whole numbers from user input."""

MAX_DIGITS = 18  # keeps numbers below 2**63


def parse_number(text: str) -> int | None:
    """Return the number written in ASCII digits, or None if the text is not one or is too long."""
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    return int(text) if is_number else None
