"""A cache of the names in a room, packed into NAMES lines per display variant.

Everybody who joins a room gets all of its names, which may be thousands. So the lines are cached: new members are
appended, and when a member leaves or is displayed differently, the room creates a new cache.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Generic, TypeVar

from app.wire.packing import WordPacker

STEP_BYTES = 32  # bytes; line lengths are rounded down to a multiple of this, so that few variants are cached

M = TypeVar("M")


class NamesCache(Generic[M]):
    """Packed names per variant. During its lifetime members are only appended."""

    def __init__(self) -> None:
        self._packings: dict[tuple[frozenset[str], int], WordPacker] = {}

    def texts(
        self, members: Iterable[M], variant: frozenset[str], write: Callable[[M], str], max_bytes: int
    ) -> list[str]:
        """Return the names in texts of at most `max_bytes`; `variant` identifies the output of `write`."""
        space = max(max_bytes - max_bytes % STEP_BYTES, STEP_BYTES)
        packing = self._packings.setdefault((variant, space), WordPacker(space))
        for member in islice(members, packing.count, None):
            packing.add(write(member))
        return packing.texts
