"""A page of history as received."""

from dataclasses import dataclass

from app.client.protocol.events import HistoryEvent, Message


@dataclass(frozen=True, slots=True)
class ReceivedPage:
    """A page of history, oldest first; `first` and `last` are the references of its outer lines.

    `is_last` if the server says that no further page follows.
    """

    events: tuple[HistoryEvent, ...]
    first: str
    last: str
    line_count: int
    is_last: bool

    @property
    def is_end(self) -> bool:
        """Whether there is nothing further in the direction of the request."""
        return self.is_last or not self.line_count

    @property
    def messages(self) -> list[Message]:
        """The messages of the page."""
        return [event for event in self.events if isinstance(event, Message)]
