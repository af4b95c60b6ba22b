"""The entries of a timeline.

What most entries lack is in `Details`: a timeline may have a hundred thousand entries, and keeps
those without details in a compact form. Reactions are kept by the timeline.
"""

from dataclasses import dataclass, field
from enum import Enum
from sys import intern

from app.client.protocol.events import Joined, Message, Parted, Quit, Quote, Renamed

Membership = Joined | Parted | Quit | Renamed
ENTRY_BYTES = 400  # roughly, without the text
DETAILS_BYTES = 300
CHANGE_BYTES = 250


class EntryKind(Enum):
    """What an entry shows."""

    MESSAGE = "message"
    ACTION = "action"
    NOTICE = "notice"
    EVENT = "event"  # of the room: a topic, a mode, a kick
    MEMBERSHIP = "membership"  # joins, parts, quits and changes of nick, in one entry
    INFO = "info"  # from the program itself, or from the server
    ERROR = "error"


MESSAGE_KINDS = frozenset({EntryKind.MESSAGE, EntryKind.ACTION, EntryKind.NOTICE})


@dataclass(slots=True)
class Details:
    """What few entries have.

    `redacted_by` is set when the message was deleted; its text is gone. `changes` are the events of
    a MEMBERSHIP entry, of which only a summary is shown unless `is_expanded`.
    """

    reply_to: str = ""
    quoted: Quote | None = None
    redacted_by: str = ""
    reason: str = ""
    changes: list[Membership] = field(default_factory=list)
    is_expanded: bool = False


@dataclass(slots=True)
class Entry:
    """An entry of a timeline; `at` is in milliseconds since the Unix epoch."""

    kind: EntryKind
    at: int
    author: str = ""
    text: str = ""
    msgid: str = ""
    is_mine: bool = False
    is_mention: bool = False
    details: Details | None = None

    @property
    def is_message(self) -> bool:
        """Whether this is a message, as opposed to something that happened."""
        return self.kind in MESSAGE_KINDS

    @property
    def is_redacted(self) -> bool:
        """Whether the message was deleted."""
        return self.details is not None and bool(self.details.redacted_by)

    @property
    def reply_to(self) -> str:
        """The id of the message that this one replies to, or ""."""
        return self.details.reply_to if self.details else ""

    @property
    def is_expandable(self) -> bool:
        """Whether only a summary is shown, or was before the entry was expanded."""
        return self.details is not None and len(self.details.changes) > 1

    @property
    def size(self) -> int:
        """The memory it takes, roughly, in bytes."""
        details = self.details
        more = DETAILS_BYTES + CHANGE_BYTES * len(details.changes) if details else 0
        return ENTRY_BYTES + len(self.text) + more


def to_entry(message: Message, is_mention: bool = False) -> Entry:
    """Return the entry of a message."""
    kind = EntryKind.MESSAGE
    if message.is_action:
        kind = EntryKind.ACTION
    elif message.is_notice:
        kind = EntryKind.NOTICE
    details = Details(message.reply_to, message.quoted) if message.reply_to else None
    return Entry(
        kind,
        message.at,
        intern(message.author),
        message.text,
        message.msgid,
        message.is_mine,
        is_mention,
        details,
    )
