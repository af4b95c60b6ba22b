"""Events: the only values that change the chat.

An event is one row of the log. A command emits events, the world applies them, the log stores them
and the hub delivers them; nothing changes in any other way. The fields are the columns of the row,
so a remote event (appended by `chat-admin` or another server) is the same value as a local one.
"""

from dataclasses import dataclass
from typing import Self, TypeVar

from app.events.kinds import Kind
from app.events.secrets import Secret

TRANSIENT_TAGS = frozenset({"+typing", "+draft/typing"})
MESSAGES = (Kind.PRIVMSG, Kind.NOTICE)
ROOM_EVENTS = (  # included in the history of a room with event-playback
    Kind.JOINED,
    Kind.PARTED,
    Kind.QUIT,
    Kind.KICKED,
    Kind.NICK,
    Kind.TOPIC,
    Kind.MODE,
)
S = TypeVar("S", bound=Secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventData:
    """The data common to all events; kinds with data of their own use a subclass."""

    tags: dict[str, str] | None = None  # client-only tags, and `bot` (IRCv3 bot mode)
    imported: bool = False  # from another program's history: keeps its time, is not delivered

    @classmethod
    def of(cls, event: "Event") -> Self:
        """Return the data of an event as this class, with defaults if it has other data or none.

        Raises: TypeError if the row of the event lacks a required member.
        """
        data = event.data
        if isinstance(data, cls):
            return data
        return cls() if data is None else cls(tags=data.tags, imported=data.imported)


@dataclass(slots=True, eq=False)
class Event:
    """A change or a message. The log assigns `id` and `at` (milliseconds since the Unix epoch).

    `session` is the author's session id, None for the server and for `chat-admin`. `room` is the
    room's id, `conversation` the key of a private conversation. `secret` is never stored in the
    log; projections, messages to entitled recipients and the revert of a failed write use it.
    """

    kind: Kind
    room: int | None = None
    conversation: str | None = None
    session: int | None = None
    nick: str = ""
    user: str = ""
    host: str = ""
    account: str | None = None
    target: str | None = None
    text: str | None = None
    data: EventData | None = None
    id: int = 0
    at: int = 0
    secret: Secret | None = None

    @property
    def verb(self) -> str:
        """The IRC verb of a message."""
        return self.kind.upper()  # `kind.name` is a descriptor and slower

    @property
    def source(self) -> str:
        """The author as `nick!user@host`, or the bare name for the server."""
        return f"{self.nick}!{self.user}@{self.host}" if self.user else self.nick

    @property
    def tags(self) -> dict[str, str] | None:
        """The author's message tags."""
        return self.data.tags if self.data is not None else None

    @property
    def is_imported(self) -> bool:
        """Whether the event was imported from another program's history."""
        return self.data is not None and self.data.imported


def get_secret(event: Event, expected: type[S]) -> S:
    """Return the secret of an event.

    Raises: TypeError if its secret is not of the expected type.
    """
    if not isinstance(event.secret, expected):
        raise TypeError(f"A {event.kind} event without {expected.__name__}.")
    return event.secret


def is_transient(event: Event) -> bool:
    """Whether the event is a TAGMSG with only transient tags (+typing), which is not stored."""
    if event.kind is not Kind.TAGMSG:
        return False
    return TRANSIENT_TAGS.issuperset(name for name in event.tags or () if name[:1] == "+")


def msgid(event_id: int) -> str:
    """Return the message id of an event: its id in base 36."""
    digits = ""
    while event_id:
        event_id, rest = divmod(event_id, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits or "0"


def parse_msgid(message_id: str) -> int:
    """Return the event id that a message id encodes.

    Raises: ValueError if this server cannot have issued the message id.
    """
    if not message_id.isascii() or not message_id.isalnum() or len(message_id) > 12:
        raise ValueError(f"not a message id: {message_id}")
    return int(message_id, 36)
