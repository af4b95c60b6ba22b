"""Departures from rooms in the current changeset, which the log does not contain yet.

A user who leaves a room and returns within one changeset has missed what was said in between. With
another nick, host or account, a user is another visitor, and the former one has left. Once stored,
the departure is found in the log (`services.history.last_visits`).
"""

from collections.abc import Iterable

from app.engine.world.user import User
from app.events import Event
from app.events.data import DepartureData


class Departures:
    """The latest departure of each visitor from each room since the last commit."""

    def __init__(self) -> None:
        self._events: dict[tuple[str, int], Event] = {}

    def add(self, user: User, rooms: Iterable[int], event: Event) -> None:
        """Add a departure.

        It does not count if the user has no device, and so sees nothing anyway, or if the client
        timed out.
        """
        self._discard_stored()
        if user.detached is None and DepartureData.of(event).heard is None:
            self._events |= {(visitor, room): event for visitor in user.visitors for room in rooms}

    def find(self, user: User, room: int) -> Event | None:
        """Return the event of a departure that is not stored yet, or None."""
        found = (self._events.get((visitor, room)) for visitor in user.visitors)
        return next((event for event in found if event is not None and not event.id), None)

    def _discard_stored(self) -> None:
        if self._events and next(iter(self._events.values())).id:
            self._events.clear()
