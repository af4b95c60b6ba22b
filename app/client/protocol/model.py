"""What the client knows: values only, no input or output.

`ClientState` outlives connections; everything that one connection negotiated is in `ConnectionState`, and a new
connection starts with a new one. Nothing here sends, shows or looks at a clock: `now` is told with every
input.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from app.client.protocol.effects import Effects
from app.client.protocol.events import ClientEvent, Message, Phase
from app.wire.line import Line
from app.wire.names import Key, fold

MAX_SEEN_IDS = 5_000  # message ids remembered per room; older duplicates cannot come any more
MAX_ROOMS = 500  # rooms and conversations remembered; the oldest conversation is forgotten first


@dataclass(slots=True)
class LoginCredentials:
    """An account's name and its password; the password never leaves this value but to the server."""

    account: str
    password: str = field(repr=False)


@dataclass(slots=True)
class UserOptions:
    """What the user asked for on the command line or since."""

    nick: str
    is_named: bool = False
    rooms: list[str] = field(default_factory=list)
    credentials: LoginCredentials | None = None
    greeting: int = 0
    page: int = 50
    buffer: int = 4096


@dataclass(slots=True)
class ChannelMember:
    """Somebody in a room."""

    nick: str
    prefix: str = ""
    account: str = ""


@dataclass(slots=True)
class CatchUp:
    """A room whose past is being fetched; what happens there meanwhile waits here, in order."""

    is_resume: bool
    held: list[ClientEvent] = field(default_factory=list)
    missed: int = 0


@dataclass(slots=True)
class ChannelView:
    """A room, or a conversation with one other person, and how far it was shown."""

    name: str
    is_direct: bool = False
    is_joined: bool = False
    is_wanted: bool = False
    entry_key: str = ""
    members: dict[Key, ChannelMember] = field(default_factory=dict)
    listing: dict[Key, ChannelMember] | None = None
    topic: str = ""
    last_msgid: str = ""
    last_at: int = 0
    seen: OrderedDict[str, None] = field(default_factory=OrderedDict)
    catch_up: CatchUp | None = None

    def remember(self, message: Message) -> bool:
        """Note that a message is shown now; False when it was shown before."""
        if message.msgid and message.msgid in self.seen:
            return False
        if message.msgid:
            self.seen[message.msgid] = None
            self.last_msgid = message.msgid
        if len(self.seen) > MAX_SEEN_IDS:
            self.seen.popitem(last=False)
        self.last_at = max(self.last_at, message.at)
        return True


@dataclass(slots=True)
class PendingMessage:
    """A line of one's own that the server has not confirmed; its number is its label on the wire."""

    number: int
    target: str
    text: str
    is_action: bool
    nick: str
    is_doubtful: bool = False
    reason: str = ""

    def is_same(self, target: str, text: str, is_action: bool) -> bool:
        """Whether a message on the wire could be this one."""
        return (self.text, self.is_action, fold(self.target)) == (text, is_action, fold(target))


@dataclass(slots=True)
class OpenBatch:
    """Lines that belong together, being collected."""

    kind: str
    params: list[str]
    opening: Line
    lines: list[Line] = field(default_factory=list)


Answer = Callable[["ClientState", "PendingRequest", list[Message]], Effects]
Excuse = Callable[["ClientState", "PendingRequest", str], Effects]


@dataclass(slots=True)
class PendingRequest:
    """A page of history that was asked for: what to do with it, and what when it is refused."""

    target: str
    limit: int
    then: Answer
    otherwise: Excuse
    reference: str = ""
    until: str = ""
    wanted: int = 0
    collected: list[Message] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PendingSearch:
    """What is searched for: as it was typed, and as the server reads it."""

    typed: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class PendingRefusal:
    """A nick the server did not give us, and what it said."""

    nick: str
    reason: str
    numeric: str


class SaslSession(Protocol):
    """One way to prove who we are, step by step (SASL)."""

    mechanism: str

    def answer(self, challenge: bytes) -> bytes:
        """Return the answer to what the server sent.

        Raises: ValueError when the server is not who it must be.
        """


@dataclass(slots=True)
class ConnectionState:
    """Everything that belongs to one connection and ends with it."""

    phase: Phase = Phase.LOST
    nick: str = ""
    mask: str = ""
    account: str = ""
    offered: dict[str, str] = field(default_factory=dict)
    enabled: set[str] = field(default_factory=set)
    outstanding: int = 0
    has_listed: bool = False
    is_ended: bool = False
    isupport: dict[str, str] = field(default_factory=dict)
    refusal: PendingRefusal | None = None
    is_plain: bool = False
    is_undecided: bool = False
    attempts: int = 0
    exchange: SaslSession | None = None
    new_password: str = field(default="", repr=False)
    batches: dict[str, OpenBatch] = field(default_factory=dict)
    requests: deque[PendingRequest] = field(default_factory=deque)
    searches: deque[PendingSearch] = field(default_factory=deque)
    resuming: set[Key] = field(default_factory=set)
    missed: int = 0
    is_untold: bool = False
    since: int = 0
    rows: list[tuple[str, ...]] = field(default_factory=list)
    asked_names: set[Key] = field(default_factory=set)
    fence: int = 0

    def limit(self, token: str) -> int:
        """Return a number that the server says about itself (ISUPPORT), or 0 when it says none."""
        told = self.isupport.get(token, "")
        return int(told) if told.isdecimal() else 0


@dataclass(slots=True)
class ClientState:
    """All that one client knows."""

    options: UserOptions
    now: int = 0
    connection: ConnectionState = field(default_factory=ConnectionState)
    rooms: dict[Key, ChannelView] = field(default_factory=dict)
    pending: dict[int, PendingMessage] = field(default_factory=dict)
    failed: dict[int, PendingMessage] = field(default_factory=dict)
    last_number: int = 0
    has_been_online: bool = False
    lost_at: int = 0

    @property
    def nick(self) -> str:
        """The nick of this connection, or the one that will be asked for."""
        return self.connection.nick or self.options.nick

    @property
    def is_online(self) -> bool:
        """Whether lines can be sent."""
        return self.connection.phase is Phase.ONLINE

    def has(self, capability: str) -> bool:
        """Whether a capability is in force."""
        return capability in self.connection.enabled

    def is_me(self, nick: str) -> bool:
        """Whether a nick is our own."""
        return fold(nick) == fold(self.nick)

    def is_room(self, target: str) -> bool:
        """Whether a target names a room, not a person."""
        kinds = self.connection.isupport.get("CHANTYPES", "#&")
        return bool(target) and target[0] in kinds

    def find_room(self, name: str) -> ChannelView | None:
        """Return a known room or conversation."""
        return self.rooms.get(fold(name))

    def open_room(self, name: str) -> ChannelView:
        """Return a room or conversation, known or new."""
        known = self.find_room(name)
        if known is None:
            self._make_place()
            known = self.rooms[fold(name)] = ChannelView(name, is_direct=not self.is_room(name))
        return known

    def joined_rooms(self) -> list[ChannelView]:
        """Return the rooms we are in."""
        return [room for room in self.rooms.values() if room.is_joined]

    def rooms_of(self, nick: str) -> list[ChannelView]:
        """Return the rooms shared with somebody."""
        return [room for room in self.joined_rooms() if fold(nick) in room.members]

    def _make_place(self) -> None:
        """Forget the oldest conversation when too many are remembered."""
        if len(self.rooms) < MAX_ROOMS:
            return
        idle = next((key for key, room in self.rooms.items() if not room.is_joined), None)
        if idle is not None:
            del self.rooms[idle]
