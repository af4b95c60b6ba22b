"""The order of the buffers in the list: the user's own, or by activity."""

from collections.abc import Iterable, Sequence

from app.client.workspace.buffer import STATUS, Buffer
from app.wire.names import Key, fold


class BufferOrder:
    """Arranges the buffers: the server, then rooms, then direct conversations.

    The user's own order is a list of names. Rooms that are not in it follow by name, and direct
    conversations in the order in which they were opened: those begin unasked, and must not move
    the others.
    """

    def __init__(self, names: Iterable[str], is_by_activity: bool = False) -> None:
        self._ranks: dict[Key, int] = {fold(name): rank for rank, name in enumerate(names)}
        self.is_by_activity = is_by_activity

    def arrange(self, buffers: Iterable[Buffer]) -> list[Buffer]:
        """Return the buffers in the order of the list."""
        return sorted(buffers, key=self._sort_key)

    def _sort_key(self, buffer: Buffer) -> tuple[int, int, str]:
        group = 0 if buffer.name == STATUS else 2 if buffer.timeline.is_direct else 1
        rank = self._ranks.get(fold(buffer.name), len(self._ranks))
        name = "" if buffer.timeline.is_direct else fold(buffer.name)
        return group, -buffer.active_at if self.is_by_activity else rank, name

    def move(self, arranged: Sequence[Buffer], name: str, step: int) -> list[str]:
        """Move a buffer within its group of an arranged list; return the names in the new order."""
        names = [one.name for one in arranged]
        index = next((i for i, one in enumerate(arranged) if fold(one.name) == fold(name)), 0)
        target = index + step
        if index > 0 and 0 < target < len(names) and _are_neighbours(arranged[index], arranged[target]):
            names[index], names[target] = names[target], names[index]
        self._ranks = {fold(one): rank for rank, one in enumerate(names)}
        self.is_by_activity = False
        return [one for one in names if one != STATUS]


def _are_neighbours(one: Buffer, other: Buffer) -> bool:
    return one.timeline.is_direct == other.timeline.is_direct
