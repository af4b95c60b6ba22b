"""The notices at the start: warnings about the settings and, at the first start, hints."""

from collections.abc import Mapping, Sequence

from app.client.protocol.events import Notice
from app.client.workspace.workspace import Workspace


def list_hints(keys: Mapping[str, str]) -> list[str]:
    """Return three sentences to begin with; `keys` has the keys of the actions as displayed."""
    return [
        f"{keys['help']} lists all keys and commands.",
        f"{keys['switch']} goes to a room, a user or a command: type a part of the name.",
        "In the empty input, Up selects a message: to reply, react, copy or edit.",
    ]


class StartNotices:
    """Shows the warnings in the first frame, and both once there is a room to show them in."""

    def __init__(self, workspace: Workspace, warnings: Sequence[str], hints: Sequence[str]) -> None:
        self._workspace = workspace
        self._warnings = warnings
        self._hints = hints

    def show_warnings(self) -> None:
        """Show the warnings in the current buffer."""
        for warning in self._warnings:
            self._workspace.apply(Notice(warning, is_error=True))

    def on_joined(self) -> None:
        """Show the warnings again and the hints, after the first join only."""
        self.show_warnings()
        for hint in self._hints:
            self._workspace.apply(Notice(hint))
        self._warnings, self._hints = (), ()
