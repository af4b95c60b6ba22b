"""Alerts, which are shown outside of the conversation, and a limit on their rate."""

from dataclasses import dataclass

from app.client.protocol.events import Message
from app.text.columns import shorten
from app.text.counts import count_of
from app.text.sanitise import clean

MAX_TEXT_COLUMNS = 200
MAX_NAMED_ROOMS = 3  # in a summary
INTERVAL_SECONDS = 1.0  # between two alerts


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, sanitised: a message, or a summary of several without an author."""

    room: str  # or the peer of a direct conversation; empty if there are several
    author: str
    text: str
    is_direct: bool = False

    @property
    def title(self) -> str:
        """The conversation, or a general title if there are several."""
        return self.room or "chat"

    @property
    def body(self) -> str:
        """The text, with its author unless the title says so."""
        return f"{self.author}: {self.text}" if self.author and not self.is_direct else self.text


def to_alert(message: Message) -> Alert:
    """Return the alert for a message."""
    text = shorten(clean(message.text), MAX_TEXT_COLUMNS)
    return Alert(clean(message.room), clean(message.author), text, message.is_direct)


class AlertLimit:
    """Lets one alert pass per interval, and combines those that follow within it."""

    def __init__(self) -> None:
        self._next_at = float("-inf")
        self._waiting: list[Alert] = []  # the first one of each room
        self._counts: dict[str, int] = {}  # by room

    def add(self, alert: Alert) -> None:
        """Add an alert to those that wait."""
        if alert.room not in self._counts:
            self._waiting.append(alert)
        self._counts[alert.room] = self._counts.get(alert.room, 0) + 1

    def take(self, now: float) -> Alert | None:
        """Return what may be shown at a monotonic time in seconds, or None."""
        if not self._waiting or now < self._next_at:
            return None
        due = self._summarise()
        self._next_at = now + INTERVAL_SECONDS
        self._waiting.clear()
        self._counts.clear()
        return due

    def _summarise(self) -> Alert:
        rooms, count = list(self._counts), sum(self._counts.values())
        if count == 1:
            return self._waiting[0]
        named, others = rooms[:MAX_NAMED_ROOMS], len(rooms) - MAX_NAMED_ROOMS
        places = ", ".join(named) + (f" and {count_of(others, 'other')}" if others > 0 else "")
        preposition = "from" if all(alert.is_direct for alert in self._waiting) else "in"
        room = rooms[0] if len(rooms) == 1 else ""
        return Alert(room, "", f"{count_of(count, 'message')} {preposition} {places}")
