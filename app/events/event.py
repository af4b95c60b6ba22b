"""What happened: the one kind of value that changes the chat.

An event is one row of the log. A command decides on events, the world applies them, the log stores them and
the hub delivers them; nobody changes anything in another way. The fields are those of the row, so a remote
event (appended by `chat-admin` or another server) is the same value as a local one.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The kinds of event, as they stand in the log. `docs/architecture.md` describes each."""

    CONNECTED = "connected"  # a person finished registration; data: address, realname, node
    QUIT = "quit"  # a session ended; one row for each of its rooms; text: the reason
    APPEARED = "appeared"  # somebody came who is watched; text: their source; never stored
    VANISHED = "vanished"  # text: the nick that is nobody's now; never stored
    NICK = "nick"  # target: the new nick; one row for each of the session's rooms
    USER_MODE = "user-mode"  # target: the nick; text: the change, as MODE writes it; never stored
    HOST = (
        "host"  # text: the host that others see from now on; data: by, account, operator (who wanted it so)
    )
    REALNAME = "realname"  # text: what the session's person is called from now on
    LOGGED_IN = "logged-in"  # the session now speaks for `account`
    LOGGED_OUT = "logged-out"  # the session is a guest's again
    AWAY = "away"  # text: the message, None on return
    DETACHED = "detached"  # the last device of somebody who stays has left
    ATTACHED = "attached"  # and the first one has come back
    CREATED = "created"  # a room; target: its name; data: official, founder, modes
    RENAMED = "renamed"  # a room; target: its old name; text: the reason; data: to, its new name
    DELETED = "deleted"  # a room is no more; target: its name; text: the reason
    JOINED = "joined"  # data: realname, roles
    PARTED = "parted"  # text: the reason
    KICKED = "kicked"  # target: the nick; data: session of the one kicked, room; text: the reason
    KILLED = "killed"  # an administrator ends a session; target: the nick; data: session; text: the reason
    INVITED = "invited"  # target: the nick; data: session of the one invited, room; never stored
    TOPIC = "topic"  # text: the new topic, empty when cleared
    MODE = "mode"  # data: changes, a list of [sign, letter, argument, account id]
    PRIVMSG = "privmsg"  # target: as it was addressed; text; data: tags, parties (of a private one)
    NOTICE = "notice"  # as PRIVMSG
    TAGMSG = "tagmsg"  # target; data: tags
    REDACTED = "redacted"  # a message was taken back; target; text: the reason; data: event, its position
    MARKED = "marked"  # how far somebody has read; target: a room or a nick; data: party, instant
    METADATA = (
        "metadata"  # target: who or what is shown; text: the value, None for none; data: key, by, party
    )
    REGISTERED = (
        "registered"  # account: the name; data: id, role, invitation (the id of the one that was used)
    )
    APPLIED = (
        "applied"  # somebody wants an account and has yet to verify it; account: the name; data: id, expires
    )
    ACCOUNT_CHANGED = (
        "account-changed"  # account: the name; data: id and what is new (role, disabled, always_on, password)
    )
    CERTIFICATE_ADDED = "certificate-added"  # it opens an account; account: the name; data: id, fingerprint
    CERTIFICATE_REMOVED = "certificate-removed"  # it does so no more; as above
    INVITATION_MADE = "invitation-made"  # to make accounts; target: its name; data: id, digest, uses, expires
    INVITATION_REVOKED = "invitation-revoked"  # target: its name; data: id
    WALLOPS = "wallops"  # text: what an administrator says to all who want to hear it
    ANNOUNCED = "announced"  # text: a notice to everybody
    OPERED = "opered"  # somebody is an administrator by OPER; target: the operator's name; data: address
    OPER_REFUSED = (
        "oper-refused"  # the password was wrong; target: the name, if the settings know it; data: address
    )
    REHASHED = "rehashed"  # a server read its settings again; data: changed, waiting: names of settings
    BANNED = "banned"  # server-wide; data: id, type, expires; target: the mask; text: the reason
    UNBANNED = "unbanned"  # data: id; target: the mask
    VOID = "void"  # stands where a row could not be stored, so that the numbers have no gap

    @classmethod
    def _missing_(cls, value: object) -> "Kind":
        """Read a kind that a newer version wrote as one that changes nothing."""
        return cls.VOID


TRANSIENT_TAGS = frozenset({"+typing", "+draft/typing"})  # true for a moment only
MESSAGES = (Kind.PRIVMSG, Kind.NOTICE)
ROOM_EVENTS = (  # in a room, beside what is said there
    Kind.JOINED,
    Kind.PARTED,
    Kind.QUIT,
    Kind.KICKED,
    Kind.NICK,
    Kind.TOPIC,
    Kind.MODE,
)


@dataclass(slots=True, eq=False)
class Event:
    """One thing that happened. `id` and `at` are assigned when it is appended to the log.

    `session` is the actor's; it is None for what the server or an administrator did. `room` is the room's id,
    `conversation` the key of a pair of correspondents. `secret` (password verifiers, the key of a room, what metadata
    said before) is for the tables, for those who may see it now and for taking it back: it is never part of the row.
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
    data: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    at: int = 0
    secret: Any = None

    @property
    def verb(self) -> str:
        """What IRC calls something that is said."""
        return self.kind.upper()  # of the text that a kind is; its `name` takes several calls

    @property
    def source(self) -> str:
        """The author as IRC writes it, or the bare name when there is no user part."""
        return f"{self.nick}!{self.user}@{self.host}" if self.user else self.nick


@dataclass(frozen=True, slots=True)
class RoomKey:
    """The secret of a MODE event that changes a room's key: the key itself, and the line with it in it."""

    key: str | None
    words: str


def is_transient(event: Event) -> bool:
    """Whether it is a tag message that is true for a moment only: it is not stored, and no message."""
    if event.kind is not Kind.TAGMSG:
        return False
    return TRANSIENT_TAGS.issuperset(name for name in event.data.get("tags", ()) if name[:1] == "+")


def msgid(event_id: int) -> str:
    """Write a position in the log as a message id: base 36."""
    digits = ""
    while event_id:
        event_id, rest = divmod(event_id, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits or "0"


def position(message_id: str) -> int:
    """Read a message id as a position in the log.

    Raises: ValueError when it is not one of ours.
    """
    if not message_id.isascii() or not message_id.isalnum() or len(message_id) > 12:
        raise ValueError(f"not a message id: {message_id}")
    return int(message_id, 36)
