"""The state of a room or direct conversation: members, what was shown, and what is unread."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from app.client.protocol.events import ClientEvent, Message, Quote
from app.client.protocol.history.shown_events import ShownEvents
from app.wire.names import Key

ROOM_PREFIXES = ("#", "&")  # where the prefixes that a server announces are not known
MAX_SHOWN_MSGIDS = 2_000  # kept per room, more than a page; older messages do not arrive again
MAX_RECENT_MESSAGES = 200  # kept per room, to be referred to by replies, reactions and redactions
MAX_UNREAD_MESSAGES = 1_000  # counted per room; beyond it there are "at least" as many


@dataclass(slots=True)
class ChannelMember:
    """A member of a room; `prefix` holds the status prefixes, highest first."""

    nick: str
    prefix: str = ""
    account: str = ""
    mask: str = ""  # nick!user@host, or "" if not known
    is_away: bool = False  # as far as it is known


@dataclass(slots=True)
class CatchUp:
    """State of a catch-up: live events are held, in order, while a room's history is fetched.

    `missed` counts the messages shown so far; `is_resume` is False for a newly joined room.
    `has_failed` is set if the server refused the history.
    """

    is_resume: bool
    held: list[ClientEvent] = field(default_factory=list)
    missed: int = 0
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class RecentMessage:
    """A message that was shown, with the number by which the user can refer to it."""

    number: int
    message: Message


@dataclass(slots=True)
class ChannelView:
    """The state of a room or direct conversation, with the position of the last message shown."""

    name: str
    is_direct: bool = False
    is_joined: bool = False
    must_rejoin: bool = False
    key: str = ""
    members: dict[Key, ChannelMember] = field(default_factory=dict)
    names_reply: dict[Key, ChannelMember] | None = None  # being received
    topic: str = ""
    bans: dict[Key, str] = field(default_factory=dict)  # that we set: nick to mask
    last_msgid: str = ""
    last_at: int = 0
    joined_at: int = 0  # by the server's clock
    read_at: int = 0  # the read marker, or 0 if it was never set
    unread: deque[int] = field(default_factory=lambda: deque(maxlen=MAX_UNREAD_MESSAGES))  # their times
    shown_msgids: OrderedDict[str, None] = field(default_factory=OrderedDict)
    shown_events: ShownEvents = field(default_factory=ShownEvents)
    recent: OrderedDict[str, RecentMessage] = field(default_factory=OrderedDict)  # by msgid
    last_message_number: int = 0
    catch_up: CatchUp | None = None

    def mark_shown(self, message: Message) -> bool:
        """Record a message as shown; return False if it was already recorded."""
        if message.msgid and message.msgid in self.shown_msgids:
            return False
        if message.msgid:
            self.shown_msgids[message.msgid] = None
            self.last_msgid = message.msgid
            self._remember(message)
        if len(self.shown_msgids) > MAX_SHOWN_MSGIDS:
            self.shown_msgids.popitem(last=False)
        self.last_at = max(self.last_at, message.at)
        return True

    def _remember(self, message: Message) -> None:
        self.last_message_number += 1
        self.recent[message.msgid] = RecentMessage(self.last_message_number, message)
        if len(self.recent) > MAX_RECENT_MESSAGES:
            self.recent.popitem(last=False)

    def quote(self, msgid: str) -> Quote | None:
        """Return what a reference refers to, or None if it is not remembered."""
        entry = self.recent.get(msgid)
        return Quote(entry.message.author, entry.message.text) if entry else None

    def forget(self, msgid: str) -> Message | None:
        """Forget a deleted message, also if it is still held; return it if it was shown."""
        if self.catch_up:
            held = self.catch_up.held
            held[:] = [event for event in held if not (isinstance(event, Message) and event.msgid == msgid)]
        entry = self.recent.pop(msgid, None)
        if entry and not entry.message.is_mine and entry.message.at in self.unread:
            self.unread.remove(entry.message.at)
        return entry.message if entry else None

    def count_unread(self, message: Message) -> None:
        """Count a message of another user as unread if it is after the read marker."""
        if not message.is_mine and message.at > self.read_at:
            self.unread.append(message.at)

    def move_marker(self, at: int) -> None:
        """Move the read marker forward."""
        self.read_at = max(self.read_at, at)
        while self.unread and self.unread[0] <= self.read_at:
            self.unread.popleft()
