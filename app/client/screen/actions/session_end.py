"""The end of the session: on request, or because no connection is possible."""

from collections.abc import Callable, Mapping, Sequence

from app.client.screen.input.input_area import InputArea
from app.client.screen.keys import Action
from app.client.screen.session.screen_session import ScreenSession
from app.client.screen.state.connection_status import ConnectionStatus
from app.client.screen.widgets.failure_bar import FailureBar
from app.errors import ChatError
from app.text.counts import count_of
from app.text.sanitise import clean

MAX_NAMED_DRAFTS = 5


class SessionEnd:
    """Ends the program, or offers to try again if the driver has ended with an error.

    `report` shows internal errors, `exit_` closes the screen.
    """

    def __init__(
        self,
        session: ScreenSession,
        bar: FailureBar,
        connection: ConnectionStatus,
        report: Callable[[Exception], None],
        exit_: Callable[[], None],
        input_area: InputArea,
        keys: Mapping[str, str],
        notify: Callable[[str], None],
    ) -> None:
        self._session = session
        self._bar = bar
        self._connection = connection
        self._report = report
        self._exit = exit_
        self._input = input_area
        self._notify = notify
        self._warned_of = ""  # what would be lost
        self._keys = keys

    def actions(self) -> dict[str, Action]:
        """Return the actions by the ids of their keys."""
        return {"retry": self._retry, "quit": self._quit}

    @property
    def has_failed(self) -> bool:
        """Whether the driver has ended with an error, so that nothing can be sent."""
        return self._session.error is not None

    def stop(self) -> None:
        """Disconnect and end at once, as on SIGTERM; save unsent texts for the next start."""
        texts = [*self._session.reader.queued(), *self._input.find_drafts().items()]
        drafts: dict[str, str] = {}
        for room, text in texts:
            if not self._session.input.has_secret(text, room):
                drafts[room] = "\n".join(filter(None, [drafts.get(room), text]))
        self._session.storage.drafts.save(drafts)
        self._session.stop()

    def on_end(self) -> None:
        """Close the screen, or show the error that ended the connection."""
        error = self._session.error
        if error is None:
            self._exit()
            return
        if not isinstance(error, ChatError):
            self._report(error)
        sentence = error.sentence if isinstance(error, ChatError) else f"The client has stopped: {error}."
        self._connection.stop()
        self._bar.explain(sentence, self._keys["retry"], self._keys["quit"])

    def _retry(self) -> None:
        if self.has_failed:
            self._bar.display = False
            self._session.restart()

    def _quit(self) -> None:
        """End the program; if something would be lost, only at the second request."""
        losses = describe_losses(list(self._input.find_drafts()), len(self._session.reader.queued()))
        if losses != self._warned_of:
            self._warned_of = losses
            if losses:
                self._notify(f"Not sent yet: {losses}. {self._keys['quit']} again ends the program anyway.")
                return
        if self.has_failed:
            self._exit()
        else:
            self._session.end()


def describe_losses(rooms: Sequence[str], queued: int) -> str:
    """Describe what ending would lose: drafts in rooms, and queued messages."""
    names = [clean(room) or "the server's messages" for room in rooms[:MAX_NAMED_DRAFTS]]
    if len(rooms) > MAX_NAMED_DRAFTS:
        names.append(count_of(len(rooms) - MAX_NAMED_DRAFTS, "other room"))
    draft = "your draft in" if len(rooms) == 1 else "your drafts in"
    parts = [f"{draft} {', '.join(names)}"] if names else []
    parts += [count_of(queued, "queued message")] if queued else []
    return " and ".join(parts)
