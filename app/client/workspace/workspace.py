"""All buffers, and how events change them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from app.client.display.display_context import DisplayContext
from app.client.protocol import events
from app.client.protocol.channel_view import ROOM_PREFIXES
from app.client.protocol.events import ClientEvent
from app.client.timeline.edge import Edge, EdgeState
from app.client.timeline.entry import Entry, EntryKind
from app.client.timeline.event_texts import describe
from app.client.timeline.history import to_entries
from app.client.timeline.membership import without_returns
from app.client.timeline.outgoing import Outgoing, SendState
from app.client.timeline.timeline import Timeline
from app.client.workspace.buffer import STATUS, Buffer
from app.client.workspace.memory_limit import MemoryLimit
from app.clock import Clock
from app.text.counts import count_of
from app.wire.names import Key, fold

MAX_BUFFERS = 1_000  # beyond it, those that are silent and not joined are removed
SEND_STATES = {
    events.Queued: SendState.QUEUED,
    events.Sending: SendState.SENDING,
    events.SendFailed: SendState.FAILED,
}


@dataclass(slots=True)
class Workspace:
    """The buffers of one server. `is_mention` decides whether a message is addressed to us.

    `is_reading` is set while the user sees the end of the current buffer: what arrives there then
    is not unread.
    """

    context: DisplayContext
    is_mention: Callable[[events.Message], bool]
    buffers: dict[Key, Buffer] = field(default_factory=dict)
    current_name: str = STATUS
    now: Callable[[], int] = Clock().now
    is_reading: bool = True
    is_resuming: bool = False
    _memory_limit: MemoryLimit = field(default_factory=MemoryLimit)

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
            self._drop_idle_buffer()
            found = self.buffers[fold(name)] = Buffer(Timeline(name, is_direct))
        return found

    def _drop_idle_buffer(self) -> None:
        """Remove the buffer that was silent for the longest time, if there are too many."""
        if len(self.buffers) < MAX_BUFFERS:
            return
        kept = {fold(STATUS), fold(self.current_name)}
        idle = [key for key, one in self.buffers.items() if key not in kept and not one.is_joined]
        if idle:
            del self.buffers[min(idle, key=lambda key: self.buffers[key].active_at)]

    def close(self, name: str) -> None:
        """Remove a buffer from the list."""
        if fold(name) != STATUS:
            self.buffers.pop(fold(name), None)
        if fold(name) == fold(self.current_name):
            self.current_name = STATUS

    def show(self, name: str) -> None:
        """Make a buffer the current one, with a line above its unread messages."""
        self.current.timeline.mark_new(None)
        self.current_name = name
        buffer = self.current
        buffer.timeline.mark_new(buffer.find_new_after() if buffer.unread else None)

    def mark_read(self, name: str) -> None:
        """Mark everything in a buffer as read."""
        self.open(name).unread_times.clear()

    def apply(self, event: ClientEvent) -> None:
        """Update the timelines from an event, and keep them within their limit."""
        self._apply(event)
        self._memory_limit.enforce(self.buffers.values(), self.current)

    def _apply(self, event: ClientEvent) -> None:
        match event:
            case events.Message():
                self._add_live_message(event)
            case events.Reaction():
                self.open(event.room, event.is_direct).timeline.react(event)
            case events.Redacted():
                self.open(event.room, event.is_direct).timeline.redact(event)
            case events.Replayed():
                self._add_replayed(event)
            case events.TopicChanged():
                self._set_topic(event)
            case events.UnreadMessages():
                self._add_unread(event)
            case events.MarkerMoved():
                self._move_marker(event)
            case events.ConversationFound():
                buffer = self.open(event.room, is_direct=True)
                buffer.active_at = max(buffer.active_at, event.at)
            case events.PhaseChanged():
                self._change_phase(event)
            case events.CaughtUp():
                self._count_missed(event)
            case events.Resumed():
                self._end_resume(event)
            case events.AwayChanged():
                self._add_away(event)
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
        if self.is_resuming and buffer.missed is None and not message.is_mine:
            buffer.timeline.add_text(EntryKind.INFO, message.at, "arrived while you were disconnected:")
            buffer.missed = buffer.timeline.end_number - 1
        is_mention = not message.is_mine and self.is_mention(message)
        entry = buffer.timeline.add_message(message, is_mention)
        buffer.active_at = max(buffer.active_at, message.at)
        return entry

    def _add_replayed(self, replayed: events.Replayed) -> None:
        """Add events by their times; after an outage, leave out users that left and came back."""
        buffer = self.open(replayed.room)
        happened = without_returns(replayed.events) if self.is_resuming else replayed.events
        for event in happened:
            for entry in to_entries([event], self.context, self.is_mention):
                number = buffer.timeline.insert(entry)
                if number is not None and buffer.missed is not None and number <= buffer.missed:
                    buffer.missed += 1

    def _set_topic(self, event: events.TopicChanged) -> None:
        """Add a topic, except that of a room that we have just joined, which is shown above."""
        buffer = self.open(event.room)
        is_shown_above = buffer.awaits_topic and event.topic and not event.by
        buffer.awaits_topic = False
        if not is_shown_above:
            self._add_other(event)

    def _add_live_message(self, message: events.Message) -> None:
        """Add a message; it is unread if it is not ours, not old, and not being read."""
        entry = self._add_message(message)
        buffer = self.open(message.room)
        is_read = self.is_reading and fold(message.room) == fold(self.current_name)
        if message.is_mine or is_read or message.at <= (buffer.read_at or buffer.joined_at):
            return
        is_first = not buffer.unread
        buffer.unread_times.add(message.at, entry.is_mention)
        if is_first and buffer is self.current:
            buffer.timeline.mark_new(buffer.find_new_after())

    def _add_unread(self, page: events.UnreadMessages) -> None:
        buffer = self.open(page.room, page.is_direct)
        for message in page.messages:
            entry = self._add_message(message)
            if not message.is_mine:
                buffer.unread_times.add(message.at, entry.is_mention)
        for message in page.earlier:
            buffer.unread_times.add(message.at, self.is_mention(message))
        if buffer is self.current and buffer.unread:
            buffer.timeline.mark_new(buffer.find_new_after())

    def _move_marker(self, moved: events.MarkerMoved) -> None:
        buffer = self.open(moved.room, moved.room[:1] not in ROOM_PREFIXES)
        buffer.read_at = max(buffer.read_at, moved.at)
        buffer.unread_times.read_to(moved.at)

    def _change_phase(self, event: events.PhaseChanged) -> None:
        if event.phase is events.Phase.LOST:
            self.is_resuming = True
            for buffer in self.buffers.values():
                buffer.missed = None
        if event.phase is not events.Phase.RECONNECTING:  # the status line counts the attempts
            self._add_other(event)

    def _count_missed(self, event: events.CaughtUp) -> None:
        """Show the number of messages that arrived during an outage in the line above them."""
        buffer = self.open(event.room)
        if buffer.missed is not None:
            text = f"{count_of(event.missed, 'message')} arrived while you were disconnected:"
            buffer.timeline.set_text(buffer.missed, text)

    def _end_resume(self, event: events.Resumed) -> None:
        self.is_resuming = False
        self._add_other(event)

    def _add_away(self, event: events.AwayChanged) -> None:
        """Add the change to the conversation with the user; in rooms, the members show it."""
        if fold(event.nick) in self.buffers:
            self._add_lines(self.open(event.nick), event, EntryKind.EVENT)

    def _apply_membership(self, event: events.Joined | events.Parted | events.Quit | events.Renamed) -> None:
        match event:
            case events.Joined(is_mine=True):
                buffer = self.open(event.room)
                buffer.joined_at = buffer.joined_at or event.at
                buffer.awaits_topic = not self.is_resuming
            case events.Parted(is_mine=True):
                pass
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
        reason = event.reason if isinstance(event, events.SendFailed) else ""
        outgoing = Outgoing(event.number, event.text, SEND_STATES[type(event)], reason)
        self.open(event.target).timeline.set_outgoing(outgoing)

    def _add_other(self, event: ClientEvent) -> None:
        """Add the text of an event to its room or, without one, to the current buffer."""
        room = getattr(event, "room", None)
        if isinstance(event, events.ModeChanged) and event.target[:1] in ROOM_PREFIXES:
            room = event.target
        is_error = isinstance(event, events.Notice) and event.is_error
        kind = EntryKind.ERROR if is_error else EntryKind.EVENT if room else EntryKind.INFO
        self._add_lines(self.open(room) if room else self.current, event, kind)

    def _add_lines(self, buffer: Buffer, event: ClientEvent, kind: EntryKind) -> None:
        at = getattr(event, "at", None) or self.now()
        for text in describe(event, self.context):
            buffer.timeline.add_text(kind, at, text)
