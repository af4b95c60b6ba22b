"""The rooms of the server that can be joined, requested when the user looks for a room."""

from collections.abc import Callable, Sequence
from time import monotonic

from app.client.protocol.events import ClientEvent, RoomsFound

REQUEST_SECONDS = 60.0  # between two requests


class RoomDirectory:
    """Called in the screen's thread; `request` asks the server, `on_found` is called afterwards."""

    def __init__(self, request: Callable[[], None]) -> None:
        self._request = request
        self._requested_at = float("-inf")
        self.rooms: Sequence[tuple[str, ...]] = ()  # name, number of members, topic
        self.on_found: Callable[[], None] = lambda: None

    def refresh(self) -> None:
        """Request the rooms, unless that was done shortly before."""
        if monotonic() - self._requested_at >= REQUEST_SECONDS:
            self._requested_at = monotonic()
            self._request()

    def take(self, event: ClientEvent) -> bool:
        """Handle the rooms; return whether the event was about them."""
        if not isinstance(event, RoomsFound):
            return False
        self.rooms = event.rooms
        self.on_found()
        return True
