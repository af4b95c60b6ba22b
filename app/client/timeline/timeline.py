"""The timeline of a room or conversation: its messages and events, oldest first.

Entries have numbers, which increase by one from each entry to the next. The number of an entry
stays the same when older entries are inserted before it, or dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.client.protocol.events import Message, Quote, Reaction, Redacted
from app.client.timeline import membership
from app.client.timeline.edge import Edge, EdgeState
from app.client.timeline.entry import Details, Entry, EntryKind, Membership, to_entry
from app.client.timeline.outgoing import Outgoing
from app.client.timeline.reactions import Reactions

MAX_REACTED_MESSAGES = 20_000  # per timeline; beyond it, the earliest reactions are dropped
MAX_EARLY_REDACTIONS = 1_000  # of messages that are not loaded
DELETED = "(deleted)"


@dataclass(slots=True, eq=False)
class Timeline:
    """The entries of a room or conversation, without gaps from the first to the last.

    `version` changes with every change of what is shown. `older` and `newer` are its ends.
    `new_after` is the time after which messages are shown as new, or None. `size` is the memory
    that the entries take, roughly, in bytes.
    """

    name: str
    is_direct: bool = False
    entries: list[Entry] = field(default_factory=list)
    first_number: int = 0
    reactions: dict[str, Reactions] = field(default_factory=dict)  # by msgid
    outgoing: dict[int, Outgoing] = field(default_factory=dict)  # by number, oldest first
    older: Edge = field(default_factory=Edge)
    newer: Edge = field(default_factory=lambda: Edge(EdgeState.COMPLETE))
    new_after: int | None = None
    version: int = 0
    size: int = 0
    early_redactions: dict[str, Redacted] = field(default_factory=dict)  # by msgid

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
        """Append a message; return the entry that it has already if it is known."""
        known = self._find_since(message) if self.entries and message.at <= self.entries[-1].at else None
        if known is not None:
            return known
        entry = self._redacted_early(to_entry(message, is_mention))
        self.append(entry)
        return entry

    def _find_since(self, message: Message) -> Entry | None:
        """Return a message that is known, looking back to its time."""
        for entry in reversed(self.entries):
            if entry.msgid and entry.msgid == message.msgid:
                return entry
            if entry.msgid and entry.at < message.at:
                break
        return None

    def add_text(self, kind: EntryKind, at: int, text: str) -> Entry:
        """Append an event of the room, or a text of the program."""
        entry = Entry(kind, at, text=text)
        self.append(entry)
        return entry

    def add_membership(self, event: Membership) -> Entry:
        """Append a join, part, quit or change of nick; neighbouring ones share an entry."""
        last = self.entries[-1] if self.entries else None
        self.size -= last.size if last else 0
        entry = membership.merge(last, event)
        self.size += last.size if last else 0
        if entry is last:
            self.version += 1
        else:
            self.append(entry)
        return entry

    def append(self, entry: Entry) -> None:
        """Append an entry."""
        self.entries.append(entry)
        self.size += entry.size
        self.version += 1

    def prepend(self, entries: Iterable[Entry]) -> int:
        """Insert older entries, oldest first, without those that are known; return how many."""
        page = list(entries)
        if not page:
            return 0
        known = self._msgids_until(page[-1].at)
        older = [self._redacted_early(entry) for entry in page if entry.msgid not in known]
        self._complete_quotes(older)
        self.entries[:0] = older
        self.first_number -= len(older)
        self.size += sum(entry.size for entry in older)
        self.version += 1
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
        for entry in self.entries[: 10 * len(older)]:
            original = originals.get(entry.reply_to) if entry.details else None
            if entry.details and original is not None and entry.details.quoted is None:
                entry.details.quoted = Quote(
                    original.author, DELETED if original.is_redacted else original.text
                )

    def drop_oldest(self, count: int) -> None:
        """Drop entries at the start; they are fetched again when they are wanted."""
        dropped = self.entries[:count]
        del self.entries[:count]
        self.first_number += len(dropped)
        self.size -= sum(entry.size for entry in dropped)
        for entry in dropped:
            self.reactions.pop(entry.msgid, None)
        if self.older.state is not EdgeState.ABSENT:
            self.older = Edge()
        self.version += 1

    # Changes of entries

    def react(self, reaction: Reaction) -> None:
        """Add or remove a reaction, also to a message that is not loaded yet."""
        if len(self.reactions) >= MAX_REACTED_MESSAGES and reaction.reply_to not in self.reactions:
            del self.reactions[next(iter(self.reactions))]
        reactions = self.reactions.setdefault(reaction.reply_to, Reactions())
        reactions.change(reaction.reaction, reaction.author, reaction.at, is_removed=reaction.is_removed)
        self.version += 1

    def mark_new(self, after: int | None) -> None:
        """Show the messages after a time as new, or none."""
        if after != self.new_after:
            self.new_after = after
            self.version += 1

    def redact(self, redacted: Redacted) -> None:
        """Replace the text of a deleted message by who deleted it, also once it is loaded."""
        for entry in reversed(self.entries):
            if entry.msgid == redacted.msgid:
                self.size -= entry.size
                _redact(entry, redacted)
                self.size += entry.size
                break
            if entry.details and entry.details.reply_to == redacted.msgid and entry.details.quoted:
                entry.details.quoted = Quote(entry.details.quoted.author, DELETED)
        else:
            self._remember_redaction(redacted)
        self.reactions.pop(redacted.msgid, None)
        self.version += 1

    def _remember_redaction(self, redacted: Redacted) -> None:
        if len(self.early_redactions) >= MAX_EARLY_REDACTIONS:
            del self.early_redactions[next(iter(self.early_redactions))]
        self.early_redactions[redacted.msgid] = redacted

    def _redacted_early(self, entry: Entry) -> Entry:
        redacted = self.early_redactions.get(entry.msgid) if entry.msgid else None
        if redacted is not None:
            _redact(entry, redacted)
        return entry

    def toggle(self, entry: Entry) -> None:
        """Show all events of an entry, or only their summary."""
        if entry.details is not None and entry.is_expandable:
            entry.details.is_expanded = not entry.details.is_expanded
            self.version += 1

    def set_outgoing(self, outgoing: Outgoing) -> None:
        """Show a message of ours, or its new state."""
        self.outgoing[outgoing.number] = outgoing
        self.version += 1

    def remove_outgoing(self, number: int) -> None:
        """Remove a message of ours that was stored or dropped."""
        if self.outgoing.pop(number, None):
            self.version += 1

    def set_older(self, edge: Edge) -> None:
        """Show the state of the start."""
        self.older = edge
        self.version += 1

    def set_newer(self, edge: Edge) -> None:
        """Show the state of the end."""
        self.newer = edge
        self.version += 1

    # Look-ups

    def find(self, msgid: str) -> Entry | None:
        """Return the message with an id, or None; the latest are found fastest."""
        return self.find_entry(self.find_number(msgid))

    def find_number(self, msgid: str) -> int | None:
        """Return the number of the message with an id, or None."""
        for offset, entry in enumerate(reversed(self.entries), start=1):
            if entry.msgid == msgid:
                return self.end_number - offset
        return None

    def first_message(self) -> Entry | None:
        """Return the oldest message, or None."""
        return next((entry for entry in self.entries if entry.msgid), None)

    def chain(self, entry: Entry) -> list[Entry]:
        """Return the thread of a message: what it answers, and all answers, oldest first."""
        first, wanted = entry, entry.reply_to
        for candidate in reversed(self.entries):
            if wanted and candidate.msgid == wanted:
                first, wanted = candidate, candidate.reply_to
        members = {first.msgid or first.reply_to} - {""}
        chain = []
        for candidate in self.entries:
            if candidate is first or (candidate.details and candidate.reply_to in members):
                chain.append(candidate)
                members.add(candidate.msgid)
        return chain


def _redact(entry: Entry, redacted: Redacted) -> None:
    entry.details = entry.details or Details()
    entry.details.redacted_by, entry.details.reason = redacted.by, redacted.reason
    entry.text = ""
