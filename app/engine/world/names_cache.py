"""A cache of the names in a room, packed into NAMES lines per display variant.

Each joining client receives all names in the room, which may be thousands, so the packed lines are
cached. New members are appended; when a member leaves or its display changes, the room creates a
new cache.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Generic, TypeVar

from app.wire.packing import WordPacker

STEP_BYTES = 32  # line lengths are rounded down to a multiple of this, to limit the number of variants

M = TypeVar("M")


class NamesCache(Generic[M]):
    """Packed names per variant; members can only be appended."""

    def __init__(self) -> None:
        self._packings: dict[tuple[frozenset[str], int], WordPacker] = {}

    def texts(
        self, members: Iterable[M], variant: frozenset[str], write: Callable[[M], str], max_bytes: int
    ) -> list[str]:
        """Return the names packed into strings of at most `max_bytes` each.

        `variant` identifies the output format of `write`.
        """
        space = max(max_bytes - max_bytes % STEP_BYTES, STEP_BYTES)
        packing = self._packings.setdefault((variant, space), WordPacker(space))
        for member in islice(members, packing.count, None):
            packing.add(write(member))
        return packing.texts
