"""Numbers of things in sentences."""


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one: `1 message`, `2 messages`."""
    return f"{number} {noun}{'s' * (number != 1)}"
