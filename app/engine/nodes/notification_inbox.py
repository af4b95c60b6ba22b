"""The notifications of other servers, until the engine reads them."""

from collections import deque

from app.engine.delivery.client import Client
from app.engine.delivery.sink import NullSink
from app.engine.submission_queue import SubmissionQueue
from app.engine.submission_unit import SubmissionUnit
from app.events import Event

MAX_TRANSIENT_EVENTS = 1_000  # beyond that, the oldest are dropped


class NotificationInbox:
    """The received notifications. The listener's thread adds them, and the engine's takes them.

    Each submits an empty unit to wake the engine, unless one is already queued.
    """

    def __init__(self, queue: SubmissionQueue) -> None:
        self._queue = queue
        self._position = 0  # the last position of the log that was announced
        self._transient: deque[Event] = deque(maxlen=MAX_TRANSIENT_EVENTS)
        self._is_awake = False

    def announce(self, position: int) -> None:
        """Note that the log reaches a position."""
        self._position = max(self._position, position)
        self._wake()

    def add(self, event: Event) -> None:
        """Add an event that is not stored."""
        self._transient.append(event)
        self._wake()

    def _wake(self) -> None:
        if not self._is_awake:
            self._is_awake = True
            self._queue.put(SubmissionUnit(Client(NullSink(), "", False, 0.0), ()))

    def acknowledge(self) -> None:
        """Let the next notification wake the engine again; called before it reads them."""
        self._is_awake = False

    def reaches_beyond(self, position: int) -> bool:
        """Whether events after a position were announced."""
        return self._position > position

    def count_after(self, position: int) -> int:
        """Return how many events after a position were announced; callable from any thread."""
        return max(0, self._position - position)

    def take_transient(self) -> list[Event]:
        """Remove and return the events that are not stored, oldest first."""
        taken = []
        while self._transient:
            taken.append(self._transient.popleft())
        return taken
