"""Loads history into timelines as they are scrolled, in both directions."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

from app.client.display.display_context import DisplayContext
from app.client.protocol.events import (
    ClientEvent,
    Direction,
    HistoryFetched,
    HistoryRefused,
    Message,
    Phase,
    PhaseChanged,
)
from app.client.timeline.edge import Edge, EdgeState
from app.client.timeline.entry import EntryKind
from app.client.timeline.history import apply_changes, to_entries
from app.client.timeline.timeline import Timeline
from app.client.workspace.memory_limit import MAX_TIMELINE_BYTES
from app.clock import to_iso
from app.wire.names import fold

PAGE_MESSAGES = 100
LATEST = "*"
UNKNOWN_MESSAGE = "the message was not found"
MAX_PAGED_BYTES = MAX_TIMELINE_BYTES // 2  # in one timeline; beyond it, no older entries are loaded
REPLAYED = (EntryKind.EVENT, EntryKind.MEMBERSHIP)
TOO_MANY = "the memory limit of a room is reached"


class PageSource(Protocol):
    """Where pages are requested; each request is answered by HistoryFetched or HistoryRefused."""

    def fetch(self, room: str, direction: Direction, reference: str, limit: int) -> None:
        """Request a page."""


@dataclass(slots=True)
class Jump:
    """A timeline that is loaded around a message, and the callbacks for the outcome."""

    timeline: Timeline
    msgid: str
    on_loaded: Callable[[Timeline], None]
    on_failed: Callable[[str], None]


class HistoryPager:
    """Requests pages for timelines, and adds them when they arrive.

    A timeline that was loaded around a message is extended in both directions. Once it reaches the
    live timeline of its room, `on_joined` is called: the live one then contains all its entries.
    """

    def __init__(
        self, source: PageSource, context: DisplayContext, is_mention: Callable[[Message], bool]
    ) -> None:
        self._source = source
        self._context = context
        self._is_mention = is_mention
        self._waiting: dict[tuple[str, Direction, str], Timeline] = {}
        self._failed: list[Timeline] = []
        self._jumps: dict[tuple[str, str], Jump] = {}
        self.find_live: Callable[[str], Timeline | None] = lambda room: None
        self.on_joined: Callable[[Timeline, Timeline], None] = lambda context, live: None

    def load_older(self, timeline: Timeline) -> None:
        """Request the page before the first entry, unless there is none or it was requested."""
        if not timeline.older.is_open:
            return
        reference = timeline.older.reference or _first_reference(timeline)
        if timeline.size > MAX_PAGED_BYTES:
            timeline.set_older(Edge(EdgeState.FAILED, timeline.older.reference, TOO_MANY))
            return
        timeline.set_older(Edge(EdgeState.LOADING, reference))
        direction = Direction.LATEST if reference == LATEST else Direction.BEFORE
        self._request(timeline, direction, reference)

    def load_newer(self, timeline: Timeline) -> None:
        """Request the page after the last entry, unless there is none or it was requested."""
        if not timeline.newer.is_open:
            return
        if timeline.size > MAX_PAGED_BYTES:
            timeline.set_newer(Edge(EdgeState.FAILED, timeline.newer.reference, TOO_MANY))
            return
        timeline.set_newer(Edge(EdgeState.LOADING, timeline.newer.reference))
        self._request(timeline, Direction.AFTER, timeline.newer.reference)

    def _request(self, timeline: Timeline, direction: Direction, reference: str) -> None:
        self._waiting[fold(timeline.name), direction, reference] = timeline
        self._source.fetch(timeline.name, direction, reference, PAGE_MESSAGES)

    def load_around(
        self,
        room: str,
        msgid: str,
        on_loaded: Callable[[Timeline], None],
        on_failed: Callable[[str], None],
    ) -> None:
        """Load a new timeline of a room around a message."""
        live = self.find_live(room)
        timeline = Timeline(room, live is not None and live.is_direct)
        if live is not None:
            timeline.reactions = live.reactions
        self._jumps[fold(room), f"msgid={msgid}"] = Jump(timeline, msgid, on_loaded, on_failed)
        self._source.fetch(room, Direction.AROUND, f"msgid={msgid}", PAGE_MESSAGES)

    def handle(self, event: ClientEvent) -> None:
        """Add a page that arrived, or show why it did not."""
        if isinstance(event, PhaseChanged) and event.phase is Phase.ONLINE:
            self._retry()
        elif isinstance(event, HistoryFetched):
            self._on_fetched(event)
        elif isinstance(event, HistoryRefused):
            self._on_refused(event)

    def _retry(self) -> None:
        """Let what failed be requested again, once it is scrolled to."""
        for timeline in self._failed:
            if timeline.older.state is EdgeState.FAILED:
                timeline.set_older(Edge(EdgeState.OPEN, timeline.older.reference))
            if timeline.newer.state is EdgeState.FAILED:
                timeline.set_newer(Edge(EdgeState.OPEN, timeline.newer.reference))
        self._failed.clear()

    def _on_fetched(self, page: HistoryFetched) -> None:
        if page.direction is Direction.AROUND:
            self._on_around(page)
            return
        timeline = self._waiting.pop((fold(page.room), page.direction, page.reference), None)
        if timeline is None:
            return
        if page.direction is Direction.AFTER:
            self._add_newer(timeline, page)
        else:
            self._add_older(timeline, page)

    def _add_older(self, timeline: Timeline, page: HistoryFetched) -> None:
        if timeline.older.reference != page.reference:
            return  # its first entries were dropped meanwhile
        timeline.prepend(to_entries(page.events, self._context, self._is_mention))
        apply_changes(timeline, page.events)
        state = EdgeState.COMPLETE if page.is_complete else EdgeState.OPEN
        timeline.set_older(Edge(state, page.first))

    def _add_newer(self, timeline: Timeline, page: HistoryFetched) -> None:
        self._append(timeline, page)
        if page.is_complete:
            timeline.set_newer(Edge(EdgeState.COMPLETE))
        self._join_live(timeline)

    def _append(self, timeline: Timeline, page: HistoryFetched) -> None:
        for entry in to_entries(page.events, self._context, self._is_mention):
            timeline.append(entry)
        apply_changes(timeline, page.events)
        timeline.set_newer(Edge(EdgeState.OPEN, page.last))

    def _join_live(self, timeline: Timeline) -> None:
        """Put the entries before those of the live timeline, if this one has reached it."""
        live = self.find_live(timeline.name)
        if live is None or live is timeline:
            return
        first = live.first_message()
        overlap = timeline.find_number(first.msgid) if first is not None else None
        if overlap is None:
            if not timeline.is_live:
                return
            overlap = timeline.end_number
        kept = timeline.entries[: overlap - timeline.first_number]
        live.prepend(kept)
        live.set_older(timeline.older)
        self._move_waiting(timeline, live)
        self.on_joined(timeline, live)

    def _move_waiting(self, timeline: Timeline, live: Timeline) -> None:
        for key, waiting in self._waiting.items():
            if waiting is timeline:
                self._waiting[key] = live

    def _on_around(self, page: HistoryFetched) -> None:
        jump = self._jumps.pop((fold(page.room), page.reference), None)
        if jump is None:
            return
        timeline = jump.timeline
        self._append(timeline, page)
        if timeline.find(jump.msgid) is None:
            jump.on_failed(UNKNOWN_MESSAGE)
            return
        state = EdgeState.COMPLETE if page.is_complete else EdgeState.OPEN
        timeline.set_older(Edge(state, page.first))
        timeline.set_newer(Edge(state, page.last))
        jump.on_loaded(timeline)
        self._join_live(timeline)

    def _on_refused(self, refused: HistoryRefused) -> None:
        jump = self._jumps.pop((fold(refused.room), refused.reference), None)
        if jump is not None:
            jump.on_failed(refused.reason)
        timeline = self._waiting.pop((fold(refused.room), refused.direction, refused.reference), None)
        if timeline is None:
            return
        self._failed.append(timeline)
        if refused.direction is Direction.AFTER:
            timeline.set_newer(Edge(EdgeState.FAILED, timeline.newer.reference, refused.reason))
        else:
            timeline.set_older(Edge(EdgeState.FAILED, timeline.older.reference, refused.reason))


def _first_reference(timeline: Timeline) -> str:
    """Return the reference of the first message, or that of the end if there is nothing.

    If joins and other events were replayed before it, return the reference of the first of them.
    """
    first = next((entry for entry in timeline.entries if entry.is_message), None)
    before = takewhile(lambda entry: entry is not first, timeline.entries)
    if first is None:  # the times of events that are not from the server are of another clock
        replayed = [entry.at for entry in before if entry.kind is EntryKind.MEMBERSHIP]
        return f"timestamp={to_iso(min(replayed))}" if replayed else LATEST
    replayed = [entry.at for entry in before if entry.kind in REPLAYED and 0 < entry.at < first.at]
    if replayed:
        return f"timestamp={to_iso(min(replayed))}"
    return f"msgid={first.msgid}" if first.msgid else f"timestamp={to_iso(first.at)}"
