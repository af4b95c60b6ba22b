"""Where the new messages of a timeline begin: at the first message after its `new_after`."""

from app.client.timeline.edge import EdgeState
from app.client.timeline.entry import Entry
from app.client.timeline.timeline import Timeline


def is_first_new(timeline: Timeline, number: int) -> bool:
    """Whether an entry is the first new message of those that are loaded."""
    return _is_new(timeline, timeline.get_entry(number)) and not _is_new(
        timeline, _find_spoken_before(timeline, number)
    )


def find_first_new(timeline: Timeline) -> int | None:
    """Return the number of the first new message that is loaded, or None."""
    first, number = None, timeline.end_number
    while (entry := timeline.find_entry(number - 1)) is not None:
        number -= 1
        if _is_new(timeline, entry):
            first = number
        elif entry.is_message:
            break
    return first


def may_begin_earlier(timeline: Timeline, first_new: int | None) -> bool:
    """Whether there may be new messages before the first loaded entry."""
    first = timeline.end_number if first_new is None else first_new
    has_more = timeline.older.state in (EdgeState.OPEN, EdgeState.LOADING)
    return has_more and _find_spoken_before(timeline, first) is None


def _is_new(timeline: Timeline, entry: Entry | None) -> bool:
    after = timeline.new_after
    return after is not None and entry is not None and entry.is_message and entry.at > after


def _find_spoken_before(timeline: Timeline, number: int) -> Entry | None:
    """Return the message before an entry, or None."""
    number -= 1
    while (entry := timeline.find_entry(number)) is not None and not entry.is_message:
        number -= 1
    return entry
