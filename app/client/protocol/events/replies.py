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
class HistoryPage(ClientEvent):
    """The requested history, oldest first; `is_truncated` if there is more."""

    room: str
    messages: tuple[Message, ...]
    is_truncated: bool = False


@dataclass(frozen=True, slots=True)
class SearchResult(ClientEvent):
    """The matches of a search, oldest first; `is_truncated` if there may be more."""

    query: str
    messages: tuple[Message, ...]
    is_truncated: bool = False


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
