"""The memory that all timelines may take together."""

from collections.abc import Collection, Sequence

from app.client.timeline.timeline import Timeline
from app.client.workspace.buffer import Buffer

MAX_TIMELINE_BYTES = 40_000_000  # of all entries; about 200,000 messages of usual length
TIMELINES_PER_CHECK = 20  # whose sizes are summed up for each event
DROPPED_SHARE = 8  # of the largest timeline, if there are too many entries


class MemoryLimit:
    """Drops the oldest entries of the largest timelines while all of them exceed the limit.

    The sizes are summed up only after a number of events that grows with the number of timelines,
    so that an event costs the same in many rooms as in a few.
    """

    def __init__(self) -> None:
        self._unchecked_events = 0

    def enforce(self, buffers: Collection[Buffer], shown: Buffer) -> None:
        """Drop entries if necessary; `shown` is spared below half of the limit."""
        self._unchecked_events += 1
        if self._unchecked_events * TIMELINES_PER_CHECK >= len(buffers):
            self._unchecked_events = 0
            _drop_oldest([buffer.timeline for buffer in buffers], shown.timeline)


def _drop_oldest(timelines: Sequence[Timeline], shown: Timeline) -> None:
    is_spared = shown.size <= MAX_TIMELINE_BYTES // 2
    total = sum(timeline.size for timeline in timelines)
    while total > MAX_TIMELINE_BYTES:
        largest = max(timelines, key=lambda one: 0 if one is shown and is_spared else one.size)
        total -= largest.size
        largest.drop_oldest(max(len(largest.entries) // DROPPED_SHARE, 1))
        total += largest.size
