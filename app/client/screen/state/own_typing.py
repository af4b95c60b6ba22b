"""The typing notifications that we send (https://ircv3.net/specs/client-tags/typing)."""

from collections.abc import Callable

from app.client.protocol.events import TypingState
from app.client.workspace.buffer import STATUS

PAUSE_SECONDS = 5.0  # without a key, while a text has been begun


class OwnTyping:
    """Reports to one room at a time that we are typing, have paused, or have removed the text.

    Commands are not reported. `send` takes the room and the state; times are monotonic.
    """

    def __init__(self, send: Callable[[str, TypingState], None]) -> None:
        self._send = send
        self._room = ""
        self._typed_at = 0.0
        self.is_active = False

    def type(self, room: str, text: str, now: float) -> None:
        """Report a change of the input."""
        if room == STATUS:
            return
        self.is_active = bool(text.strip()) and not text.startswith("/")
        self._room, self._typed_at = room, now
        self._send(room, TypingState.ACTIVE if self.is_active else TypingState.DONE)

    def update(self, now: float) -> None:
        """Report a pause, if no key was pressed for a while."""
        if self.is_active and now - self._typed_at >= PAUSE_SECONDS:
            self.is_active = False
            self._send(self._room, TypingState.PAUSED)

    def leave(self, text: str) -> None:
        """Report that the user has left the room, if there is unfinished text."""
        if text.strip() and self._room:
            self.is_active = False
            self._send(self._room, TypingState.DONE)
