"""Marks a room as read while its end is visible in a terminal that has the focus.

While messages arrive in a room that is being read, the server's marker follows at intervals, since
it stores each position. It catches up when the user leaves the room.
"""

from collections.abc import Callable

from app.client.workspace.buffer import STATUS
from app.client.workspace.workspace import Workspace

MARK_SECONDS = 5.0  # between two moves of the marker while messages arrive


class ReadState:
    """Whether the current room is being read. `mark` moves the server's marker of a room."""

    def __init__(self, workspace: Workspace, mark: Callable[[str, int], None]) -> None:
        self._workspace = workspace
        self._mark = mark
        self.is_peeking = False
        self.has_focus = True
        self.sees_end = True
        self._marked_at = float("-inf")  # monotonic

    def update(self, now: float) -> None:
        """Mark the current room as read if its end is seen, and move the marker if that is due."""
        workspace = self._workspace
        workspace.is_reading = self.has_focus and self.sees_end and not self.is_peeking
        if not workspace.is_reading or workspace.current_name == STATUS:
            return
        buffer = workspace.current
        is_due = buffer.unread or now - self._marked_at >= MARK_SECONDS
        workspace.mark_read(buffer.name)
        if is_due:
            self._move_marker(now)

    def settle(self, now: float) -> None:
        """Move the marker now, before the user leaves the room."""
        if self._workspace.is_reading and self._workspace.current_name != STATUS:
            self._move_marker(now)

    def is_pending(self) -> bool:
        """Whether messages were read that the marker has not passed."""
        buffer = self._workspace.current
        return self._workspace.is_reading and buffer.name != STATUS and buffer.active_at > buffer.read_at

    def _move_marker(self, now: float) -> None:
        buffer = self._workspace.current
        if buffer.active_at > buffer.read_at:
            self._marked_at = now
            self._mark(buffer.name, buffer.active_at)

    def peek(self) -> None:
        """Leave the room that is shown next unread."""
        self.is_peeking = True
        self._workspace.is_reading = False

    def blur(self, now: float) -> None:
        """Record that the terminal has lost the focus; later messages are new."""
        self.settle(now)
        self.has_focus = False
        self._workspace.is_reading = False
        if not self._workspace.current.unread:
            self._workspace.current.timeline.mark_new(None)
