"""Where events go when the output is not a terminal: talk to one stream, trouble to another."""

from collections.abc import Callable

from app.client.display.jsonlines import to_json
from app.client.display.rendering import Renderer
from app.client.protocol import events
from app.client.protocol.events import ClientEvent

Write = Callable[[str], None]

TALK = (
    events.Message,
    events.Joined,
    events.Parted,
    events.Kicked,
    events.Left,
    events.Renamed,
    events.TopicChanged,
    events.ModeChanged,
    events.HistoryPage,
    events.Found,
)
TROUBLE = (events.SendFailed, events.Resumed, events.NickRefused)
STATES = (events.StateChanged, events.LoggedIn)


class Printer:
    """Writes what is said to one stream and what goes wrong to another."""

    def __init__(
        self, renderer: Renderer, talk: Write, trouble: Write, is_json: bool, is_watched: bool
    ) -> None:
        self._renderer = renderer
        self._controller = talk
        self._trouble = trouble
        self._is_json = is_json
        self._is_watched = is_watched

    def show(self, event: ClientEvent) -> None:
        """Write an event where it belongs, or nowhere."""
        if self._is_json and (line := to_json(event)):
            self._controller(line)
        elif isinstance(event, TALK) and not _is_own_way(event):
            self._write(event, self._controller)
        elif self._is_worth_telling(event):
            self._write(event, self._trouble)

    def _write(self, event: ClientEvent, write: Write) -> None:
        for line in self._renderer.render(event):
            write(line)

    def _is_worth_telling(self, event: ClientEvent) -> bool:
        """Whether somebody who only wants the talk needs to know this; who watches is told all states."""
        if isinstance(event, events.Notice):
            return event.is_error
        if isinstance(event, events.StateChanged):
            return self._is_watched or event.phase in (events.Phase.LOST, events.Phase.RECONNECTING)
        return isinstance(event, TROUBLE) or (self._is_watched and isinstance(event, STATES))


def _is_own_way(event: ClientEvent) -> bool:
    """Whether an event only says that we ourselves came or went."""
    return isinstance(event, events.Joined | events.Parted) and event.is_mine
