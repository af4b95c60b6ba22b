"""The ends of what a timeline has loaded: whether there is more, and how to fetch it."""

from dataclasses import dataclass
from enum import Enum


class EdgeState(Enum):
    """Whether there is more beyond an end of a timeline."""

    OPEN = "open"  # there may be more
    LOADING = "loading"
    FAILED = "failed"  # to load more; it can be retried
    COMPLETE = "complete"  # there is nothing more
    ABSENT = "absent"  # there is no history, as in the timeline of the server


@dataclass(slots=True)
class Edge:
    """An end of a timeline.

    `reference` is the position to fetch on from, or "" while nothing has been fetched. `reason`
    says why it failed.
    """

    state: EdgeState = EdgeState.OPEN
    reference: str = ""
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether more can be requested now."""
        return self.state in (EdgeState.OPEN, EdgeState.FAILED)
