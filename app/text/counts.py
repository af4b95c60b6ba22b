"""Numbers of things in sentences."""


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one: `1 message`, `2 messages`."""
    return f"{number} {noun}{'s' * (number != 1)}"


def format_size(size: int) -> str:
    """Return a number of bytes in MiB: `1.5 MiB`, or `1,280 MiB`."""
    return f"{size / (1 << 20):,.1f} MiB" if size < 10 << 20 else f"{size >> 20:,} MiB"
