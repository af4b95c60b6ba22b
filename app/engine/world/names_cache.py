"""The names of a room's members, packed into texts once for all who are told in the same way.

A room of thousands is told to everybody who enters it. So the texts are kept: when people come they are only
continued, and when somebody leaves or is written otherwise, the room begins another roster.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Generic, TypeVar

from app.wire.packing import WordPacker

STEP = 32  # bytes; texts may be so much shorter than a line, so that few lengths are kept

M = TypeVar("M")


class NamesCache(Generic[M]):
    """Packed names for each way of telling them. Members only ever come while it is in use, and behind the others."""

    def __init__(self) -> None:
        self._kept: dict[tuple[frozenset[str], int], WordPacker] = {}

    def texts(
        self, members: Iterable[M], way: frozenset[str], write: Callable[[M], str], most: int
    ) -> list[str]:
        """Return the names in texts of at most so many bytes; `way` stands for what `write` makes of a member."""
        space = max(most - most % STEP, STEP)
        packing = self._kept.setdefault((way, space), WordPacker(space))
        for member in islice(members, packing.count, None):
            packing.add(write(member))
        return packing.texts
