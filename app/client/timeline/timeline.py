"""The timeline of a room or conversation: its messages and events, oldest first.

Entries have numbers, which increase by one from each entry to the next. The number of an entry
stays the same when older entries are prepended, or dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.client.protocol.events import Message, Quote, Reaction, Redacted
from app.client.timeline import membership
from app.client.timeline.edge import Edge, EdgeState
from app.client.timeline.entry import Entry, EntryKind, Membership, to_entry
from app.client.timeline.entry_list import EntryList
from app.client.timeline.outgoing import Outgoing
from app.client.timeline.reactions import Reactions
from app.client.timeline.redactions import DELETED, EarlyRedactions, redact

MAX_REACTED_MESSAGES = 20_000  # per timeline; beyond it, the earliest reactions are dropped
MAX_REPEATED_ENTRIES = 1_000  # at the end, among which a message that arrives again is recognised
MAX_QUOTE_DISTANCE = 1_000  # from an older page to the replies that it completes


@dataclass(slots=True, eq=False)
class Timeline:
    """The entries of a room or conversation, without gaps from the first to the last.

    `version` changes with every change of what is shown, `revision` only if entries that were there
    before may look different. `older` and `newer` are its ends.
    `new_after` is the time after which messages are shown as new, or None.
    """

    name: str
    is_direct: bool = False
    is_thread: bool = False
    entries: EntryList = field(default_factory=EntryList)
    first_number: int = 0
    reactions: dict[str, Reactions] = field(default_factory=dict)  # by msgid
    outgoing: dict[int, Outgoing] = field(default_factory=dict)  # by number, oldest first
    older: Edge = field(default_factory=Edge)
    newer: Edge = field(default_factory=lambda: Edge(EdgeState.COMPLETE))
    new_after: int | None = None
    version: int = 0
    revision: int = 0
    early_redactions: EarlyRedactions = field(default_factory=EarlyRedactions)

    @property
    def size(self) -> int:
        """The memory that the entries take, roughly, in bytes."""
        return self.entries.size

    @property
    def end_number(self) -> int:
        """The number that the next entry will have."""
        return self.first_number + len(self.entries)

    @property
    def is_live(self) -> bool:
        """Whether it extends to the latest message."""
        return self.newer.state in (EdgeState.COMPLETE, EdgeState.ABSENT)

    def get_entry(self, number: int) -> Entry:
        """Return the entry with a number, which must exist."""
        return self.entries[number - self.first_number]

    def find_entry(self, number: int | None) -> Entry | None:
        """Return the entry with a number, or None."""
        has_it = number is not None and self.first_number <= number < self.end_number
        return self.get_entry(number) if number is not None and has_it else None

    # New entries

    def add_message(self, message: Message, is_mention: bool = False) -> Entry:
        """Append a message, unless it is there already; return its entry."""
        if message.msgid and self.entries and message.at <= self.entries[-1].at:
            known = self.entries.find_last(message.msgid, MAX_REPEATED_ENTRIES)
            if known is not None:
                return self.entries[known]
        entry = self.early_redactions.apply(to_entry(message, is_mention))
        self._quote(entry)
        self.append(entry)
        return entry

    def _quote(self, entry: Entry) -> None:
        """Quote a message that only the timeline still knows."""
        if entry.details is None or entry.details.quoted is not None:
            return
        original = self.find(entry.reply_to)
        if original is not None:
            entry.details.quoted = Quote(original.author, DELETED if original.is_redacted else original.text)

    def add_text(self, kind: EntryKind, at: int, text: str) -> Entry:
        """Append an event of the room, or a text of the program."""
        entry = Entry(kind, at, text=text)
        self.append(entry)
        return entry

    def add_membership(self, event: Membership) -> Entry:
        """Append a join, part, quit or change of nick; neighbouring ones share an entry."""
        if not self.entries or not membership.may_merge(self.entries[-1], event):
            self.append(membership.to_membership_entry(event))
        else:
            self.entries.change(-1, lambda last: membership.merge(last, event))
            self._revise()
        return self.entries[-1]

    def _revise(self) -> None:
        self.version += 1
        self.revision += 1

    def append(self, entry: Entry) -> None:
        """Append an entry."""
        self.entries.append(entry)
        self.version += 1

    def insert(self, entry: Entry) -> int | None:
        """Insert an entry by its time; return its number, or None if it shares another entry.

        The numbers of the entries after it increase by one.
        """
        index = len(self.entries)
        while index and self.entries[index - 1].at > entry.at:
            index -= 1
        changes = entry.details.changes if entry.details else []
        if index and len(changes) == 1 and membership.may_merge(self.entries[index - 1], changes[0]):
            self.entries.change(index - 1, lambda last: membership.merge(last, changes[0]))
        else:
            self.entries.insert(index, entry)
            changes = []
        self._revise()
        return None if changes else self.first_number + index

    def prepend(self, entries: Iterable[Entry]) -> int:
        """Insert older entries, oldest first, without those that are known; return how many."""
        page = list(entries)
        if not page:
            return 0
        known = self._msgids_until(page[-1].at)
        older = [self.early_redactions.apply(entry) for entry in page if entry.msgid not in known]
        self._complete_quotes(older)
        self.entries.prepend(older)
        self.first_number -= len(older)
        self._revise()
        return len(older)

    def _msgids_until(self, at: int) -> set[str]:
        """Return the ids of the messages up to a time, looking from the start."""
        known = set()
        for entry in self.entries:
            if entry.msgid and entry.at > at:
                break
            if entry.msgid:
                known.add(entry.msgid)
        return known

    def _complete_quotes(self, older: list[Entry]) -> None:
        """Quote messages that were not loaded when their replies were."""
        originals = {entry.msgid: entry for entry in older if entry.msgid}
        for entry in self.entries.with_details(0, MAX_QUOTE_DISTANCE):
            original = originals.get(entry.reply_to) if entry.reply_to else None
            if entry.details and original is not None and entry.details.quoted is None:
                text = DELETED if original.is_redacted else original.text
                entry.details.quoted = Quote(original.author, text)

    def drop_oldest(self, count: int) -> None:
        """Drop entries at the start; they are fetched again when they are wanted."""
        dropped = self.entries[:count]
        self.entries.drop(count)
        self.first_number += len(dropped)
        for entry in dropped:
            self.reactions.pop(entry.msgid, None)
        if self.older.state is not EdgeState.ABSENT:
            self.older = Edge()
        self._revise()

    # Changes of entries

    def react(self, reaction: Reaction) -> None:
        """Add or remove a reaction, also to a message that is not loaded yet."""
        if len(self.reactions) >= MAX_REACTED_MESSAGES and reaction.reply_to not in self.reactions:
            del self.reactions[next(iter(self.reactions))]
        reactions = self.reactions.setdefault(reaction.reply_to, Reactions())
        reactions.change(reaction.reaction, reaction.author, reaction.at, is_removed=reaction.is_removed)
        self._revise()

    def set_text(self, number: int, text: str) -> None:
        """Replace the text of an entry, if it is still loaded."""
        if self.find_entry(number) is not None:
            self.entries.change(number - self.first_number, lambda entry: setattr(entry, "text", text))
            self._revise()

    def mark_new(self, after: int | None) -> None:
        """Show the messages after a time as new, or none."""
        if after != self.new_after:
            self.new_after = after
            self.version += 1

    def redact(self, redacted: Redacted) -> None:
        """Remove the text of a deleted message, now or when the message is loaded."""
        index = self.entries.find_last(redacted.msgid)
        if index is None:
            self.early_redactions.add(redacted)
        else:
            self.entries.change(index, lambda entry: redact(entry, redacted))
        for entry in self.entries.with_details(index or 0):
            if entry.details and entry.details.quoted and entry.reply_to == redacted.msgid:
                entry.details.quoted = Quote(entry.details.quoted.author, DELETED)
        self.reactions.pop(redacted.msgid, None)
        self._revise()

    def toggle(self, entry: Entry) -> None:
        """Show all events of an entry, or only their summary."""
        if entry.details is not None and entry.is_expandable:
            entry.details.is_expanded = not entry.details.is_expanded
            self._revise()

    def set_outgoing(self, outgoing: Outgoing) -> None:
        """Show a message of ours, or its new state."""
        self.outgoing[outgoing.number] = outgoing
        self.version += 1

    def remove_outgoing(self, number: int) -> None:
        """Remove a message of ours that was stored or dropped."""
        if self.outgoing.pop(number, None):
            self.version += 1

    def set_older(self, edge: Edge) -> None:
        """Set the state of the start."""
        self.older = edge
        self.version += 1

    def set_newer(self, edge: Edge) -> None:
        """Set the state of the end."""
        self.newer = edge
        self.version += 1

    # Look-ups

    def find(self, msgid: str) -> Entry | None:
        """Return the message with an id, or None; the latest are found fastest."""
        return self.find_entry(self.find_number(msgid))

    def find_number(self, msgid: str) -> int | None:
        """Return the number of the message with an id, or None."""
        index = self.entries.find_last(msgid) if msgid else None
        return None if index is None else self.first_number + index

    def first_message(self) -> Entry | None:
        """Return the oldest message, or None."""
        return next((entry for entry in self.entries if entry.msgid), None)
