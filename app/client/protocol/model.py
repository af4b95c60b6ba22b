"""The client's state; nothing here performs input or output.

`ClientState` outlives connections. The state of one connection is in `ConnectionState`, which is
replaced when a new connection opens. The state does not read a clock: the current time accompanies
every input.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from app.client.protocol.channel_view import ChannelView
from app.client.protocol.effects import Effects
from app.client.protocol.events import Direction, HistoryEvent, Message, Phase, TypingState
from app.client.protocol.exchanges import NickRefusal, OpenBatch, PendingSearch, SaslSession
from app.client.protocol.history.received_page import ReceivedPage
from app.wire.names import Key, fold
from app.wire.numbers import parse_number

MAX_ROOMS = 1_000  # and conversations; at the limit, the oldest is dropped, if possible an unjoined one
MAX_MEMBERS = 200_000  # of all rooms together; no further ones are listed


@dataclass(slots=True)
class LoginCredentials:
    """The name and the password of an account."""

    account: str
    password: str = field(repr=False)


@dataclass(slots=True)
class UserOptions:
    """The user's choices, made on the command line or later."""

    nick: str
    has_chosen_nick: bool = False
    rooms: list[str] = field(default_factory=list)
    credentials: LoginCredentials | None = None
    initial_history: int = 0  # messages shown when joining a room
    page_size: int = 50  # messages
    max_text_bytes: int = 4096  # of one message
    wants_events: bool = False  # history includes reactions, joins and the like
    lag_interval_milliseconds: int = 0  # between two measurements, or 0 for none


class Delivery(Enum):
    """The delivery state of our own message."""

    QUEUED = "queued"
    SENT = "sending"
    IN_DOUBT = "in doubt"  # sent, but the connection was lost before it was confirmed


@dataclass(slots=True)
class PendingMessage:
    """A message of ours that the server has not confirmed; `number` is its label on the wire."""

    number: int
    target: str
    text: str
    is_action: bool
    nick: str
    reply_to: str = ""
    delivery: Delivery = Delivery.QUEUED
    reason: str = ""

    def matches(self, target: str, text: str, is_action: bool) -> bool:
        """Return whether a received message could be this one."""
        return (self.text, self.is_action, fold(self.target)) == (text, is_action, fold(target))


PageHandler = Callable[["ClientState", "PendingRequest", ReceivedPage], Effects]
ErrorHandler = Callable[["ClientState", "PendingRequest", str], Effects]


@dataclass(slots=True)
class PendingRequest:
    """A history request that awaits its reply, with the handlers for a page and for an error.

    `reference` is the position from which messages are fetched, `until` the end of the requested
    period, `total` the number of events to show, and `collected` those received so far.
    """

    target: str
    limit: int
    on_page: PageHandler
    on_error: ErrorHandler
    reference: str = ""
    until: str = ""
    total: int = 0
    collected: list[HistoryEvent] = field(default_factory=list)
    direction: Direction = Direction.LATEST
    sent: tuple[str, ...] = ()  # the subcommand and the positions, as they were sent


@dataclass(slots=True)
class SentTyping:
    """The last typing notification to a target, and when it was sent."""

    at: int = 0
    state: TypingState = TypingState.DONE


@dataclass(frozen=True, slots=True)
class PendingEdit:
    """A message of ours whose deletion is not confirmed, and the text that replaces it."""

    message: Message
    text: str


@dataclass(slots=True)
class ConnectionState:
    """The state of one connection, discarded when it ends."""

    phase: Phase = Phase.LOST
    nick: str = ""
    mask: str = ""  # our nick!user@host as others see it
    account: str = ""
    # capability negotiation
    offered: dict[str, str] = field(default_factory=dict)
    enabled: set[str] = field(default_factory=set)
    open_cap_requests: int = 0
    has_cap_list: bool = False
    has_sent_cap_end: bool = False
    is_without_cap: bool = False
    version: str = ""  # of the server's software
    isupport: dict[str, str] = field(default_factory=dict)
    # nick and login
    nick_refusal: NickRefusal | None = None
    nick_attempts: int = 0
    awaits_user: bool = False  # registration waits for the user's decision
    sasl: SaslSession | None = None
    new_password: str = field(default="", repr=False)
    # replies being received
    batches: dict[str, OpenBatch] = field(default_factory=dict)
    history_requests: deque[PendingRequest] = field(default_factory=deque)
    searches: deque[PendingSearch] = field(default_factory=deque)
    away_requests: set[Key] = field(default_factory=set)  # rooms whose WHO reply is pending
    away_known: set[Key] = field(default_factory=set)  # rooms whose away states were requested
    who_rows: list[tuple[str, ...]] = field(default_factory=list)
    list_rows: list[tuple[str, ...]] = field(default_factory=list)
    finds_rooms: bool = False  # the list of rooms was requested, but not to be shown
    names_requests: set[Key] = field(default_factory=set)
    list_entries: list[tuple[str, ...]] = field(default_factory=list)  # of a mask list
    unban_requests: dict[Key, str] = field(default_factory=dict)  # room to the nick to unban
    # resuming
    resuming: set[Key] = field(default_factory=set)
    missed: int = 0
    has_gap: bool = False
    targets_since: int = 0
    # unread messages
    awaits_targets: bool = False
    marker_requests: dict[Key, int] = field(default_factory=dict)  # time of the latest message
    edits: dict[str, PendingEdit] = field(default_factory=dict)  # by msgid
    typing_sent: dict[Key, SentTyping] = field(default_factory=dict)
    lag_ms: int | None = None  # the last measured round trip
    lag_pinged_at: int = 0  # when the last PING that measures it was sent, or 0
    awaits_lag_pong: bool = False
    ping_fence: int = 0  # number of the last message before our unanswered PING, or 0

    def lag_at(self, now: int) -> int | None:
        """Return the last round trip or, if longer, how long the current PING has waited."""
        waited = max(0, now - self.lag_pinged_at) if self.awaits_lag_pong else 0
        return max(self.lag_ms or 0, waited) if self.lag_pinged_at else None

    def isupport_number(self, token: str) -> int:
        """Return the numeric value of an ISUPPORT token, or 0 if it has none."""
        return parse_number(self.isupport.get(token, "")) or 0


@dataclass(slots=True)
class ClientState:
    """The complete state of a client."""

    options: UserOptions
    now: int = 0
    connection: ConnectionState = field(default_factory=ConnectionState)
    rooms: dict[Key, ChannelView] = field(default_factory=dict)
    pending: dict[int, PendingMessage] = field(default_factory=dict)
    failed: dict[int, PendingMessage] = field(default_factory=dict)
    confirmed_msgids: OrderedDict[str, None] = field(default_factory=OrderedDict)  # of our messages
    last_number: int = 0
    has_been_online: bool = False
    lost_at: int = 0
    checked_account: str = ""  # the account whose conversations were checked for unread messages
    marked_at: int = 0  # when everything shown was last marked as read

    @property
    def nick(self) -> str:
        """Our nick on this connection or, before registration, the nick to request."""
        return self.connection.nick or self.options.nick

    @property
    def is_online(self) -> bool:
        """Whether registration is complete, so that messages can be sent."""
        return self.connection.phase is Phase.ONLINE

    def has(self, capability: str) -> bool:
        """Return whether a capability is enabled."""
        return capability in self.connection.enabled

    def is_me(self, nick: str) -> bool:
        """Return whether a nick is ours."""
        return fold(nick) == fold(self.nick)

    @property
    def room_prefixes(self) -> str:
        """The characters that the name of a room can begin with (ISUPPORT CHANTYPES)."""
        return self.connection.isupport.get("CHANTYPES", "#&")

    def is_room(self, target: str) -> bool:
        """Return whether a target is a room rather than a user."""
        return bool(target) and target[0] in self.room_prefixes

    def find_room(self, name: str) -> ChannelView | None:
        """Return a room or conversation, or None if it is not known."""
        return self.rooms.get(fold(name))

    def open_room(self, name: str) -> ChannelView:
        """Return a room or conversation, creating it if it is not known."""
        view = self.find_room(name)
        if view is None:
            self._evict_oldest()
            view = self.rooms[fold(name)] = ChannelView(name, is_direct=not self.is_room(name))
        return view

    def joined_rooms(self) -> list[ChannelView]:
        """Return the rooms we have joined."""
        return [room for room in self.rooms.values() if room.is_joined]

    def rooms_of(self, nick: str) -> list[ChannelView]:
        """Return the joined rooms that have a user as a member."""
        return [room for room in self.joined_rooms() if fold(nick) in room.members]

    def _evict_oldest(self) -> None:
        """Drop the oldest room, if possible one that is not joined, if the limit is reached."""
        if len(self.rooms) < MAX_ROOMS:
            return
        unjoined = (key for key, room in self.rooms.items() if not room.is_joined)
        del self.rooms[next(unjoined, next(iter(self.rooms)))]

    def may_list_members(self) -> bool:
        """Return whether further members can be listed: a server could send any number of them."""
        listed = (len(room.members) + len(room.names_reply or ()) for room in self.rooms.values())
        return sum(listed) < MAX_MEMBERS
