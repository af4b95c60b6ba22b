"""All timelines, what is unread in them, and the one that is shown."""

from collections.abc import Callable
from dataclasses import dataclass, field

from app.client.display.event_text import DisplayContext
from app.client.protocol import events
from app.client.protocol.events import ClientEvent
from app.client.timeline.edge import Edge, EdgeState
from app.client.timeline.entry import Entry, EntryKind
from app.client.timeline.event_texts import describe
from app.client.timeline.history import to_entries
from app.client.timeline.outgoing import Outgoing, SendState
from app.client.timeline.timeline import Timeline
from app.wire.names import Key, fold

STATUS = ""  # the name of the timeline of the server itself
MAX_TIMELINE_BYTES = 64_000_000  # of all entries; about 150,000 messages of usual length
DROPPED_SHARE = 8  # of the largest timeline, if there are too many


@dataclass(slots=True)
class Buffer:
    """A room or buffer in the list: its timeline, what is unread, and the draft."""

    timeline: Timeline
    unread: int = 0
    mentions: int = 0
    active_at: int = 0
    draft: str = ""
    is_joined: bool = False

    @property
    def name(self) -> str:
        """The name as the server writes it."""
        return self.timeline.name


@dataclass(slots=True)
class Workspace:
    """The buffers of one server. `is_mention` decides whether a message is addressed to us."""

    context: DisplayContext
    is_mention: Callable[[events.Message], bool]
    buffers: dict[Key, Buffer] = field(default_factory=dict)
    current_name: str = STATUS
    is_peeking: bool = False  # what is shown is not read

    def __post_init__(self) -> None:
        """Open the timeline of the server."""
        self.open(STATUS).timeline.older = Edge(EdgeState.ABSENT)

    @property
    def current(self) -> Buffer:
        """The buffer that is shown."""
        return self.open(self.current_name)

    def open(self, name: str, is_direct: bool = False) -> Buffer:
        """Return a buffer, creating it if it is not known."""
        found = self.buffers.get(fold(name))
        if found is None:
            found = self.buffers[fold(name)] = Buffer(Timeline(name, is_direct))
        return found

    def close(self, name: str) -> None:
        """Remove a buffer from the list."""
        if fold(name) != STATUS:
            self.buffers.pop(fold(name), None)
        if fold(name) == fold(self.current_name):
            self.current_name = STATUS

    def show(self, name: str) -> None:
        """Make a buffer the current one; what is unread in it is shown as new."""
        self.current_name = name
        buffer = self.current
        buffer.timeline.new_after = None
        if buffer.unread:
            buffer.timeline.new_after = self._last_read(buffer)
        self.mark_read(name)

    def _last_read(self, buffer: Buffer) -> int:
        """Return the time of the last message before the unread ones."""
        left = buffer.unread
        for entry in reversed(buffer.timeline.entries):
            if entry.is_spoken and not entry.is_mine:
                left -= 1
            if left < 0:
                return entry.at
        return 0

    def mark_read(self, name: str) -> None:
        """Count nothing as unread in a buffer."""
        buffer = self.open(name)
        buffer.unread = buffer.mentions = 0

    def apply(self, event: ClientEvent) -> None:
        """Update the timelines from an event, and keep them within their limit."""
        self._apply(event)
        self.drop_oldest()

    def drop_oldest(self) -> None:
        """Drop the oldest entries of the largest timelines if there are too many.

        What is shown is spared as long as it takes less than half.
        """
        total = sum(buffer.timeline.size for buffer in self.buffers.values())
        while total > MAX_TIMELINE_BYTES:
            largest = max((one.timeline for one in self.buffers.values()), key=self._share)
            total -= largest.size
            largest.drop_oldest(max(len(largest.entries) // DROPPED_SHARE, 1))
            total += largest.size

    def _share(self, timeline: Timeline) -> int:
        is_spared = timeline is self.current.timeline and timeline.size <= MAX_TIMELINE_BYTES // 2
        return 0 if is_spared else timeline.size

    def _apply(self, event: ClientEvent) -> None:
        match event:
            case events.Message():
                self._add_message(event)
            case events.Reaction():
                self.open(event.room, event.is_direct).timeline.react(event)
            case events.Redacted():
                self.open(event.room, event.is_direct).timeline.redact(event)
            case events.Replayed():
                self._add_replayed(event)
            case events.UnreadMessages():
                self._add_unread(event)
            case events.Joined() | events.Parted() | events.Quit() | events.Renamed():
                self._apply_membership(event)
            case events.Queued() | events.Sending() | events.SendFailed():
                self._set_outgoing(event)
            case events.Stored() | events.Cancelled():
                for buffer in self.buffers.values():
                    buffer.timeline.remove_outgoing(event.number)
            case events.HistoryPage() | events.SearchResult() | events.Members() | events.Table():
                self._add_lines(self.current, event, EntryKind.INFO)
            case _:
                self._add_other(event)

    def _add_message(self, message: events.Message) -> Entry:
        buffer = self.open(message.room, message.is_direct)
        is_mention = not message.is_mine and self.is_mention(message)
        entry = buffer.timeline.add_message(message, is_mention)
        buffer.active_at = max(buffer.active_at, message.at)
        return entry

    def _add_replayed(self, replayed: events.Replayed) -> None:
        timeline = self.open(replayed.room).timeline
        for entry in to_entries(replayed.events, self.context, self.is_mention):
            timeline.append(entry)

    def count_unread(self, message: events.Message) -> None:
        """Count a message of another user as unread, if its buffer is not being read."""
        buffer = self.open(message.room, message.is_direct)
        is_read = fold(message.room) == fold(self.current_name) and not self.is_peeking
        if message.is_mine or is_read:
            return
        buffer.unread += 1
        buffer.mentions += self.is_mention(message)

    def _add_unread(self, page: events.UnreadMessages) -> None:
        buffer = self.open(page.room, page.is_direct)
        for message in page.messages:
            entry = self._add_message(message)
            buffer.mentions += entry.is_mention
        buffer.unread += page.count

    def _apply_membership(self, event: events.Joined | events.Parted | events.Quit | events.Renamed) -> None:
        match event:
            case events.Joined(is_mine=True):
                self.open(event.room).is_joined = True
            case events.Parted(is_mine=True):
                self.open(event.room).is_joined = False
            case events.Joined() | events.Parted():
                self.open(event.room).timeline.add_membership(event)
            case events.Quit():
                for room in event.rooms:
                    self.open(room).timeline.add_membership(event)
            case events.Renamed():
                self._rename(event)

    def _rename(self, event: events.Renamed) -> None:
        buffer = self.buffers.pop(fold(event.old), None)
        if buffer is not None:
            buffer.timeline.name = event.new
            self.buffers[fold(event.new)] = buffer
        self._add_lines(self.current, event, EntryKind.EVENT)

    def _set_outgoing(self, event: events.Queued | events.Sending | events.SendFailed) -> None:
        states = {
            events.Queued: SendState.QUEUED,
            events.Sending: SendState.SENDING,
            events.SendFailed: SendState.FAILED,
        }
        reason = event.reason if isinstance(event, events.SendFailed) else ""
        self.open(event.target).timeline.set_outgoing(
            Outgoing(event.number, event.text, states[type(event)], reason)
        )

    def _add_other(self, event: ClientEvent) -> None:
        """Add what has a text: in its room if it has one, otherwise to the server's timeline."""
        room = getattr(event, "room", None)
        if isinstance(event, events.ModeChanged) and event.target[:1] in ("#", "&"):
            room = event.target
        is_error = isinstance(event, events.Notice) and event.is_error
        kind = EntryKind.ERROR if is_error else EntryKind.EVENT if room else EntryKind.INFO
        self._add_lines(self.open(room) if room else self.current, event, kind)

    def _add_lines(self, buffer: Buffer, event: ClientEvent, kind: EntryKind) -> None:
        at = getattr(event, "at", None) or buffer.active_at
        for text in describe(event, self.context):
            buffer.timeline.add_text(kind, at, text)
