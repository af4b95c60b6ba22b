"""Whole numbers as people and clients write them."""

MAX_DIGITS = 18  # more than anything is counted in


def number(written: str) -> int | None:
    """Return the number that is written in digits of ASCII, or None when it is none, or far too large."""
    is_number = written.isascii() and written.isdigit() and len(written) <= MAX_DIGITS
    return int(written) if is_number else None
