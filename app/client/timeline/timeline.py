"""The timeline of a room or conversation: its messages and events, oldest first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from sys import intern

from app.client.protocol.events import ClientEvent, Joined, Message, Parted, Quit, Reaction, Redacted, Renamed
from app.client.timeline.entry import Details, Entry, EntryKind

Membership = Joined | Parted | Quit | Renamed
MEMBERSHIP_EVENTS = (Joined, Parted, Quit, Renamed)
MAX_MERGED_MILLISECONDS = 3_600_000  # between the first and the last event of one MEMBERSHIP entry


class SendState(Enum):
    """The state of a message of ours that the server has not confirmed."""

    QUEUED = "queued"
    SENDING = "sending"
    FAILED = "not sent"


@dataclass(slots=True)
class Outgoing:
    """A message of ours that the server has not confirmed; `number` identifies it."""

    number: int
    text: str
    state: SendState
    reason: str = ""


class Reactions:
    """The reactions to one message: who reacted with what, in order of first use."""

    __slots__ = ("_nicks",)

    def __init__(self) -> None:
        self._nicks: dict[str, list[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._nicks)

    def __iter__(self) -> Iterator[tuple[str, list[str]]]:
        return iter(self._nicks.items())

    def add(self, reaction: str, nick: str) -> None:
        """Add a reaction of a user."""
        nicks = self._nicks.setdefault(reaction, [])
        if nick not in nicks:
            nicks.append(nick)

    def remove(self, reaction: str, nick: str) -> None:
        """Remove a reaction of a user."""
        nicks = self._nicks.get(reaction, [])
        if nick in nicks:
            nicks.remove(nick)
        if not nicks:
            self._nicks.pop(reaction, None)

    def has(self, reaction: str, nick: str) -> bool:
        """Whether a user reacted with this."""
        return nick in self._nicks.get(reaction, [])


@dataclass(slots=True, eq=False)
class Timeline:
    """The entries of a room or conversation, without gaps from the first to the last.

    `version` changes with every change of what is shown. `is_complete` is set when the server has
    no older messages, `is_loading` while they are requested. `new_after` is the time after which
    messages are shown as new, or None.
    """

    name: str
    is_direct: bool = False
    entries: list[Entry] = field(default_factory=list)
    reactions: dict[str, Reactions] = field(default_factory=dict)  # by msgid
    outgoing: dict[int, Outgoing] = field(default_factory=dict)  # by number, oldest first
    is_complete: bool = False
    is_loading: bool = False
    new_after: int | None = None
    version: int = 0

    def add_message(self, message: Message, is_mention: bool = False) -> Entry:
        """Append a message."""
        entry = to_entry(message, is_mention)
        self._append(entry)
        return entry

    def add_text(self, kind: EntryKind, at: int, text: str) -> Entry:
        """Append an event of the room, or a text of the program."""
        entry = Entry(kind, at, text=text)
        self._append(entry)
        return entry

    def add_membership(self, event: Membership) -> Entry:
        """Append a join, part, quit or change of nick; neighbouring ones share an entry."""
        last = self.entries[-1] if self.entries else None
        can_merge = (
            last is not None
            and last.kind is EntryKind.MEMBERSHIP
            and 0 <= event.at - last.at <= MAX_MERGED_MILLISECONDS
        )
        if not can_merge or last is None or last.details is None:
            last = Entry(EntryKind.MEMBERSHIP, event.at, details=Details())
            self.entries.append(last)
        details = last.details or Details()
        details.changes.append(event)
        self.version += 1
        return last

    def _append(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.version += 1

    def prepend(self, messages: Iterable[Message]) -> int:
        """Insert a page of older messages, oldest first; return how many were new."""
        known = {entry.msgid for entry in islice(self.entries, 2_000) if entry.msgid}
        older = [to_entry(message) for message in messages if message.msgid not in known]
        self.entries[:0] = older
        self.version += 1
        return len(older)

    def react(self, reaction: Reaction) -> None:
        """Add or remove a reaction."""
        reactions = self.reactions.setdefault(reaction.reply_to, Reactions())
        change = reactions.remove if reaction.is_removed else reactions.add
        change(reaction.reaction, reaction.author)
        if not reactions:
            del self.reactions[reaction.reply_to]
        self.version += 1

    def redact(self, redacted: Redacted) -> None:
        """Replace the text of a deleted message by who deleted it."""
        entry = self.find(redacted.msgid)
        if entry is None:
            return
        entry.details = entry.details or Details()
        entry.details.redacted_by, entry.details.reason = redacted.by, redacted.reason
        entry.text = ""
        self.reactions.pop(redacted.msgid, None)
        self.version += 1

    def set_outgoing(self, outgoing: Outgoing) -> None:
        """Show a message of ours, or its new state."""
        self.outgoing[outgoing.number] = outgoing
        self.version += 1

    def remove_outgoing(self, number: int) -> None:
        """Remove a message of ours that was stored or dropped."""
        if self.outgoing.pop(number, None):
            self.version += 1

    def find(self, msgid: str) -> Entry | None:
        """Return the message with an id, or None; the latest are found fastest."""
        return next((entry for entry in reversed(self.entries) if entry.msgid == msgid), None)

    def first_message(self) -> Entry | None:
        """Return the oldest message, or None."""
        return next((entry for entry in self.entries if entry.msgid), None)

    def chain(self, entry: Entry) -> list[Entry]:
        """Return the thread of a message: what it answers, and all answers, oldest first."""
        first = entry
        while first.reply_to and (original := self.find(first.reply_to)) is not None:
            first = original
        members = {first.msgid or first.reply_to}
        chain = []
        for candidate in self.entries:
            if candidate is first or (candidate.reply_to and candidate.reply_to in members):
                chain.append(candidate)
                members.add(candidate.msgid)
        return chain


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


def is_membership(event: ClientEvent) -> bool:
    """Whether an event belongs in a MEMBERSHIP entry."""
    return isinstance(event, MEMBERSHIP_EVENTS)
