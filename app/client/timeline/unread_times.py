"""The unread messages of a buffer, by their times, so that a read marker can pass some of them."""

from bisect import bisect_right, insort
from dataclasses import dataclass, field


@dataclass(slots=True)
class UnreadTimes:
    """The times of unread messages and, among them, of mentions, in ascending order.

    `earlier` messages are unread, but their times are not known.
    """

    messages: list[int] = field(default_factory=list)
    mentions: list[int] = field(default_factory=list)
    earlier: int = 0

    @property
    def count(self) -> int:
        """The number of unread messages."""
        return self.earlier + len(self.messages)

    def add(self, at: int, is_mention: bool) -> None:
        """Add a message."""
        insort(self.messages, at)
        if is_mention:
            insort(self.mentions, at)

    def read_to(self, at: int) -> None:
        """Remove the messages up to a time; the earlier ones are read with the first known one."""
        read = bisect_right(self.messages, at)
        if read or not self.messages:
            self.earlier = 0
        del self.messages[:read]
        del self.mentions[: bisect_right(self.mentions, at)]

    def clear(self) -> None:
        """Remove all messages."""
        self.messages.clear()
        self.mentions.clear()
        self.earlier = 0
