"""The unread messages of a buffer, by their times, so that a read marker can pass some of them."""

from array import array
from bisect import bisect_right, insort
from dataclasses import dataclass, field


def _no_times() -> "array[int]":
    return array("q")


@dataclass(slots=True)
class UnreadTimes:
    """The times of unread messages and, among them, of mentions, in ascending order."""

    messages: "array[int]" = field(default_factory=_no_times)
    mentions: "array[int]" = field(default_factory=_no_times)

    @property
    def count(self) -> int:
        """The number of unread messages."""
        return len(self.messages)

    def count_after(self, at: int) -> int:
        """Return the number of unread messages after a time."""
        return len(self.messages) - bisect_right(self.messages, at)

    def add(self, at: int, is_mention: bool) -> None:
        """Add a message."""
        insort(self.messages, at)
        if is_mention:
            insort(self.mentions, at)

    def read_to(self, at: int) -> None:
        """Remove the messages up to a time."""
        del self.messages[: bisect_right(self.messages, at)]
        del self.mentions[: bisect_right(self.mentions, at)]

    def clear(self) -> None:
        """Remove all messages."""
        self.messages, self.mentions = _no_times(), _no_times()
