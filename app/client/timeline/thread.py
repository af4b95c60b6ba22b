"""The thread of a message: its first message and all replies, as a timeline of its own."""

from app.client.timeline.edge import Edge, EdgeState
from app.client.timeline.entry import Entry
from app.client.timeline.entry_list import EntryList
from app.client.timeline.timeline import Timeline


class Thread:
    """Follows the thread of a message in a timeline; the entries are shared."""

    def __init__(self, source: Timeline, entry: Entry) -> None:
        self.source = source
        self._entry = entry
        self._version = -1
        self._bounds = (0, 0)
        self._members: set[str] = set()
        self.timeline = Timeline(
            source.name,
            source.is_direct,
            is_thread=True,
            older=Edge(EdgeState.ABSENT),
            newer=Edge(EdgeState.ABSENT),
        )
        self.update()

    def move_to(self, source: Timeline) -> None:
        """Follow the thread in another timeline, which contains all entries of this one."""
        self.source, self._version, self._bounds = source, -1, (0, 0)

    def update(self) -> bool:
        """Add new replies; return whether anything in the timeline has changed."""
        if self._version == self.source.version:
            return False
        self._version = self.source.version
        first, end = self._bounds
        if first != self.source.first_number or end == 0:
            self._replace(find_thread(self.source, self._entry))
        else:
            self._add(self.source.entries[end - first :])
        self._bounds = (self.source.first_number, self.source.end_number)
        self.timeline.reactions = self.source.reactions
        self.timeline.version += 1
        self.timeline.revision += 1
        return True

    def _replace(self, entries: list[Entry]) -> None:
        """Replace the entries; those that were there keep their numbers."""
        known = self.timeline.entries[0].msgid if self.timeline.entries else ""
        ids = [entry.msgid for entry in entries]
        self.timeline.first_number -= ids.index(known) if known in ids else 0
        self.timeline.entries = EntryList(entries)
        self._members = {entry.msgid for entry in entries if entry.msgid}

    def _add(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.details and entry.reply_to in self._members:
                self.timeline.append(entry)
                self._members.add(entry.msgid)


def find_thread(timeline: Timeline, entry: Entry) -> list[Entry]:
    """Return the loaded messages of the thread that a message belongs to, oldest first."""
    first = _find_first(timeline, entry)
    members = {first.msgid or first.reply_to} - {""}
    replies = []
    for candidate in timeline.entries.with_details():
        if candidate.reply_to in members and candidate.msgid != first.msgid:
            replies.append(candidate)
            members.add(candidate.msgid)
    return [first, *replies]


def _find_first(timeline: Timeline, entry: Entry) -> Entry:
    replies = {one.msgid: one for one in timeline.entries.with_details() if one.reply_to and one.msgid}
    first, seen = entry, {entry.msgid}
    while first.reply_to in replies and first.reply_to not in seen:
        first = replies[first.reply_to]
        seen.add(first.msgid)
    original = timeline.find(first.reply_to)
    return first if original is None or original.msgid in seen else original
