"""Output of batch mode: conversation on one stream, diagnostics on another."""

from collections.abc import Callable

from app.client.display.jsonlines import to_json
from app.client.display.rendering import Renderer
from app.client.protocol import events
from app.client.protocol.events import ClientEvent

Write = Callable[[str], None]

CONVERSATION = (
    events.Message,
    events.Reaction,
    events.Redacted,
    events.Joined,
    events.Parted,
    events.Kicked,
    events.Quit,
    events.Renamed,
    events.TopicChanged,
    events.ModeChanged,
    events.HistoryPage,
    events.SearchResult,
)
DIAGNOSTICS = (events.SendFailed, events.Resumed, events.NickRefused)
STATUS = (events.PhaseChanged, events.LoggedIn)


class Printer:
    """Writes conversation to one stream and diagnostics to another.

    On a terminal, the diagnostics include connection progress.
    """

    def __init__(
        self,
        renderer: Renderer,
        write_conversation: Write,
        write_diagnostic: Write,
        is_json: bool,
        is_on_terminal: bool,
    ) -> None:
        self._renderer = renderer
        self._write_conversation = write_conversation
        self._write_diagnostic = write_diagnostic
        self._is_json = is_json
        self._is_on_terminal = is_on_terminal

    def show(self, event: ClientEvent) -> None:
        """Write an event to the stream it belongs to, if any."""
        if self._is_json and (line := to_json(event)):
            self._write_conversation(line)
        elif isinstance(event, CONVERSATION) and not _is_own_join_or_part(event):
            self._write(event, self._write_conversation)
        elif self._is_diagnostic(event):
            self._write(event, self._write_diagnostic)

    def _write(self, event: ClientEvent, write: Write) -> None:
        for line in self._renderer.render(event):
            write(line)

    def _is_diagnostic(self, event: ClientEvent) -> bool:
        if isinstance(event, events.Notice):
            return event.is_error
        if isinstance(event, events.PhaseChanged):
            is_outage = event.phase in (events.Phase.LOST, events.Phase.RECONNECTING)
            return self._is_on_terminal or is_outage
        return isinstance(event, DIAGNOSTICS) or (self._is_on_terminal and isinstance(event, STATUS))


def _is_own_join_or_part(event: ClientEvent) -> bool:
    return isinstance(event, events.Joined | events.Parted) and event.is_mine
