"""Messages and timelines for tests."""

from collections.abc import Iterable

from app.client.protocol.events import Joined, Message
from app.client.timeline.entry import to_entry
from app.client.timeline.timeline import Timeline

NOON = 1_700_000_000_000


def message(number: int, text: str = "", author: str = "bob", reply_to: str = "") -> Message:
    """Return a message of #tea; it is sent at the second of its number."""
    return Message(
        "#tea",
        author,
        text or f"text {number}",
        NOON + number * 1_000,
        msgid=f"m{number}",
        reply_to=reply_to,
    )


def timeline_of(numbers: Iterable[int]) -> Timeline:
    """Return a timeline of messages with these numbers."""
    timeline = Timeline("#tea")
    for number in numbers:
        timeline.append(to_entry(message(number)))
    return timeline


def texts(timeline: Timeline) -> list[str]:
    """Return the texts of the entries."""
    return [entry.text for entry in timeline.entries]


def joined(nick: str, at: int = NOON) -> Joined:
    """Return a join of #tea."""
    return Joined("#tea", nick, at)
