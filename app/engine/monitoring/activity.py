"""Counts of stored messages: a running total, and per room while someone watches.

The counts per room serve `chat-admin top`. They cover the last seconds only, and are kept only for
a while after they were requested, so a server that nobody watches pays for a total of each batch.
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.clock import Clock
from app.events import MESSAGES, Event

WINDOW_SECONDS = 10  # over which the rate of a room is computed
WATCH_SECONDS = 15.0  # after the last request, counting per room ends


@dataclass(slots=True)
class RoomCounts:
    """The messages of each room within one second."""

    second: int
    messages: Counter[int] = field(default_factory=Counter)  # by room id


class Activity:
    """Counts stored messages. The engine records; any thread reads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.messages = 0  # stored since the start
        self._watched_since = 0.0  # monotonic seconds
        self._watched_until = 0.0
        self._recent: deque[RoomCounts] = deque(maxlen=WINDOW_SECONDS + 1)

    def record(self, events: Sequence[Event]) -> None:
        """Count the messages of a batch that was committed."""
        messages = [event for event in events if event.kind in MESSAGES]
        self.messages += len(messages)
        if self._watched_until:
            self._record_rooms(messages)

    def _record_rooms(self, messages: Sequence[Event]) -> None:
        now = self._clock.monotonic()
        if now > self._watched_until:
            self._watched_until = 0.0
            self._recent.clear()
            return
        if not self._recent or self._recent[-1].second != int(now):
            self._recent.append(RoomCounts(int(now)))
        self._recent[-1].messages.update(event.room for event in messages if event.room is not None)

    def watch_rooms(self) -> dict[int, float]:
        """Return the messages per second of each active room, and keep counting for a while."""
        now = self._clock.monotonic()
        if now > self._watched_until:
            self._watched_since = now
        self._watched_until = now + WATCH_SECONDS
        seconds = max(1.0, min(float(WINDOW_SECONDS), now - self._watched_since))
        total: Counter[int] = Counter()
        for counts in self._recent.copy():
            if counts.second > now - WINDOW_SECONDS:
                total.update(counts.messages.copy())
        return {room: count / seconds for room, count in total.items()}
