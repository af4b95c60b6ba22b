"""The latest messages of rooms, in memory to be replayed to users who join.

The cache holds all of the latest messages of a room or none. It is bounded by number and bytes per
room and by bytes in all; messages that it does not hold are read from the log. The rooms used least
recently are dropped first.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable
from sys import getsizeof

from app.events import Event

MAX_ROOM_BYTES = 2 * 1024 * 1024  # more than the default number of ordinary messages of any length
MAX_BYTES = 64 * 1024 * 1024  # of all rooms
EVENT_BYTES = 1024  # of an event without its text and tags: the object, and names of usual length


class RoomMessages:
    """The latest `length` messages of a room, with the bytes that each takes."""

    __slots__ = ("_length", "_sizes", "bytes", "events")

    def __init__(self, length: int) -> None:
        self._length = length
        self.events: deque[Event] = deque()
        self._sizes: deque[int] = deque()
        self.bytes = 0

    def append(self, event: Event) -> None:
        """Append a message; if there are too many, remove the oldest."""
        self.events.append(event)
        size = estimate_bytes(event)
        self._sizes.append(size)
        self.bytes += size
        if len(self.events) > self._length:
            self.events.popleft()
            self.bytes -= self._sizes.popleft()

    def remove(self, event: Event) -> None:
        """Remove a message, if it is there."""
        if event in self.events:
            index = self.events.index(event)
            self.bytes -= self._sizes[index]
            del self.events[index], self._sizes[index]


class RecentMessages:
    """The latest `length` messages of rooms, by the id of the room."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._rooms: OrderedDict[int, RoomMessages] = OrderedDict()  # the most recently used last
        self.bytes = 0  # estimated, of all rooms
        self.is_suspended = False  # every look-up reads the log

    def find(self, room: int) -> Iterable[Event] | None:
        """Return the latest messages of a room, oldest first, or None if they must be read."""
        found = self._rooms.get(room)
        if found is None:
            return None
        self._rooms.move_to_end(room)
        return found.events

    def load(self, room: int, events: Iterable[Event]) -> None:
        """Set the latest messages of a room, as read from the log."""
        self.drop(room)
        if self.is_suspended:
            return
        messages = self._rooms[room] = RoomMessages(self._length)
        for event in events:
            messages.append(event)
        self.bytes += messages.bytes
        self._enforce_limits(room, messages)

    def add(self, room: int, event: Event) -> None:
        """Add a message, if the messages of its room are in memory."""
        messages = self._rooms.get(room)
        if messages is None:
            return
        before = messages.bytes
        messages.append(event)
        self.bytes += messages.bytes - before
        self._rooms.move_to_end(room)
        if messages.bytes > MAX_ROOM_BYTES or self.bytes > MAX_BYTES:
            self._enforce_limits(room, messages)

    def _enforce_limits(self, room: int, messages: RoomMessages) -> None:
        """Drop a room if it has grown too large, and rooms used least recently while all are."""
        if messages.bytes > MAX_ROOM_BYTES:
            self.drop(room)
        while self.bytes > MAX_BYTES:
            self.drop(next(iter(self._rooms)))

    def remove(self, room: int, event: Event) -> None:
        """Remove a message that was not stored."""
        messages = self._rooms.get(room)
        if messages is not None:
            self.bytes -= messages.bytes
            messages.remove(event)
            self.bytes += messages.bytes

    def drop(self, room: int) -> None:
        """Drop the messages of a room; they are read from the log when needed."""
        messages = self._rooms.pop(room, None)
        if messages is not None:
            self.bytes -= messages.bytes

    def set_length(self, length: int) -> None:
        """Change the number of messages per room, and drop them all."""
        self._length = length
        self.clear()

    def clear(self) -> None:
        """Drop the messages of all rooms."""
        self._rooms.clear()
        self.bytes = 0


def estimate_bytes(event: Event) -> int:
    """Return the approximate size of a message in memory, in bytes."""
    size = EVENT_BYTES + getsizeof(event.text)
    if event.data is not None and event.data.tags:
        tags = event.data.tags
        size += getsizeof(tags) + sum(map(getsizeof, tags)) + sum(map(getsizeof, tags.values()))
    return size
