"""Replies to requests of the user, and notices."""

from dataclasses import dataclass

from app.client.protocol.events.base import ClientEvent
from app.client.protocol.events.conversation import Message


@dataclass(frozen=True, slots=True)
class Members(ClientEvent):
    """The members of a room, each with its status prefix."""

    room: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table(ClientEvent):
    """The reply to WHO or LIST, as rows."""

    title: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class RoomsFound(ClientEvent):
    """The rooms of the server, each with its name, the number of members and the topic."""

    rooms: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class HistoryPage(ClientEvent):
    """The requested history, oldest first; `is_truncated` if there is more."""

    room: str
    messages: tuple[Message, ...]
    is_truncated: bool = False


@dataclass(frozen=True, slots=True)
class UnreadMessages(ClientEvent):
    """The unread messages of a room or conversation, oldest first.

    `count` is the number of unread messages of others. `earlier` are those that are not to be
    shown, because there are too many. At MAX_UNREAD_MESSAGES, `count` is a lower bound.
    """

    room: str
    messages: tuple[Message, ...]
    count: int
    earlier: tuple[Message, ...] = ()
    is_direct: bool = False

    @property
    def hidden(self) -> int:
        """The number of messages that are not to be shown."""
        return len(self.earlier)


@dataclass(frozen=True, slots=True)
class UnreadRoom(ClientEvent):
    """A room that we have not joined has unread messages."""

    room: str


@dataclass(frozen=True, slots=True)
class SearchResult(ClientEvent):
    """The matches of a search, oldest first; `is_truncated` if there may be more."""

    query: str
    messages: tuple[Message, ...]
    is_truncated: bool = False


@dataclass(frozen=True, slots=True)
class SearchFailed(ClientEvent):
    """A search was not made, or was refused."""

    query: str
    reason: str


@dataclass(frozen=True, slots=True)
class Notice(ClientEvent):
    """A notice from the server or from the program itself."""

    text: str
    is_error: bool = False
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Ignored(ClientEvent):
    """A line was received that has no effect on the display."""

    command: str
