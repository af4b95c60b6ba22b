"""Unread messages and read markers (https://ircv3.net/specs/extensions/read-marker).

The server stores how far an account has read each room and conversation; the marker also moves when
another device reads. Messages of others after the marker are unread.

When a room is joined, its latest messages are requested; those after the marker are shown as
unread. After login, the conversations with messages after their markers are found (CHATHISTORY
TARGETS, then MARKREAD for each) and shown. If a whole page is unread, earlier messages are counted,
page by page, but not shown. What was shown becomes read only when the view says so (`mark_read`).
"""

from app.client.protocol.channel_view import MAX_UNREAD_MESSAGES, CatchUp, ChannelView
from app.client.protocol.effects import Effects
from app.client.protocol.events import (
    ConversationFound,
    HistoryEvent,
    MarkerMoved,
    Message,
    Notice,
    UnreadMessages,
    UnreadRoom,
)
from app.client.protocol.exchanges import OpenBatch
from app.client.protocol.history import catch_up, pages, playback
from app.client.protocol.history.received_page import ReceivedPage
from app.client.protocol.lines import param, parse_time, send
from app.client.protocol.model import ClientState, PendingRequest
from app.clock import to_iso
from app.wire.line import Line
from app.wire.names import fold
from app.wire.secrets import is_service

CAPABILITY = "draft/read-marker"
MAX_CONVERSATIONS = 100  # checked for unread messages, the latest first
MAX_RESTORED = 20  # conversations that are listed although nothing in them is unread
MAX_CLOCK_SKEW_MILLISECONDS = 86_400_000  # between server and client
MARK_INTERVAL_MILLISECONDS = 30_000  # each mark is stored by the server, so it is not sent with each message


def on_markread(state: ClientState, line: Line) -> Effects:
    """Record a read marker; if it was requested and is behind, fetch the unread messages."""
    name, at = param(line, 0), parse_time(param(line, 1).removeprefix("timestamp="))
    latest = state.connection.marker_requests.pop(fold(name), 0)
    room = state.find_room(name)
    if room is not None:
        yield from _move_marker(room, at)
    if latest > at:
        yield from _show_if_unread(state, name, at)
    elif latest and _may_restore(state, name):
        state.open_room(name)
        yield ConversationFound(name, latest)


def _may_restore(state: ClientState, name: str) -> bool:
    """Return whether to list a conversation in which nothing is unread; the latest come first."""
    listed = sum(room.is_direct for room in state.rooms.values())
    is_user = not state.is_room(name) and not is_service(name)
    return state.options.wants_events and is_user and listed < MAX_RESTORED


def _show_if_unread(state: ClientState, name: str, marker: int) -> Effects:
    """Fetch the unread messages of a conversation, or report that a room has some."""
    if not state.is_room(name):
        room = state.open_room(name)
        yield from _move_marker(room, marker)
        yield from _fetch(state, room, f"timestamp={to_iso(marker)}" if marker else "*")
    elif marker and not ((known := state.find_room(name)) and known.must_rejoin):
        yield UnreadRoom(name)


def on_markread_fail(state: ClientState, line: Line) -> Effects:
    """Ignore a refused MARKREAD: the messages remain unread."""
    for name in line.params[2:-1]:
        state.connection.marker_requests.pop(fold(name), None)
    yield from ()


def is_due(state: ClientState) -> bool:
    """Return whether to find the conversations with unread messages now."""
    account = state.connection.account
    is_supported = state.has(pages.CAPABILITY) and state.has(CAPABILITY)
    return (
        bool(account and is_supported and state.options.initial_history) and account != state.checked_account
    )


def request_conversations(state: ClientState) -> Effects:
    """Find the conversations with unread messages, once for each account that logs in."""
    if not is_due(state):
        return
    state.checked_account, state.connection.awaits_targets = state.connection.account, True
    latest = to_iso(state.now + MAX_CLOCK_SKEW_MILLISECONDS)
    earliest = to_iso(0)
    # From late to early, so that the latest conversations are listed if there are too many.
    yield send(
        "CHATHISTORY", "TARGETS", f"timestamp={latest}", f"timestamp={earliest}", str(MAX_CONVERSATIONS)
    )


def on_targets_batch(state: ClientState, batch: OpenBatch) -> Effects:
    """Request the marker of every conversation, and of every room that we are not in."""
    state.connection.awaits_targets = False
    for line in batch.lines:
        name, latest = param(line, 1), parse_time(param(line, 2))
        room = state.find_room(name)
        if name and not (room and room.is_joined):
            state.connection.marker_requests[fold(name)] = latest
            yield send("MARKREAD", name)
    if len(batch.lines) >= MAX_CONVERSATIONS:
        yield Notice(f"Only the latest {MAX_CONVERSATIONS} conversations were checked for unread messages.")


def on_connection_lost(state: ClientState) -> None:
    """Repeat on the next connection what this one did not complete."""
    interrupted = [room for room in state.rooms.values() if room.catch_up and not room.catch_up.is_resume]
    for room in interrupted:
        room.last_at = (
            room.last_at if room.last_msgid else 0
        )  # so that its latest messages are requested again
    connection = state.connection
    if connection.awaits_targets or connection.marker_requests or any(room.is_direct for room in interrupted):
        state.checked_account = ""


def fetch_latest(state: ClientState, room: ChannelView) -> Effects:
    """Show the latest messages of a room that was just joined, with the unread ones apart."""
    yield from _fetch(state, room, "*")


def _fetch(state: ClientState, room: ChannelView, after: str) -> Effects:
    """Request the latest messages after a position, unless a catch-up is already in progress."""
    if room.catch_up is not None:
        return
    room.catch_up = CatchUp(is_resume=False)
    limit = min(state.options.initial_history, pages.page_limit(state))
    request = PendingRequest(room.name, limit, _on_first_page, _on_refused, total=limit)
    yield from pages.send_request(state, request, "LATEST", after)


def _on_first_page(state: ClientState, request: PendingRequest, page: ReceivedPage) -> Effects:
    """Show the page; if it is full and all of it is unread, first count the earlier messages."""
    room = state.open_room(request.target)
    request.collected = list(page.events)
    is_full = page.line_count >= request.limit and not page.is_last
    if is_full and page.events and _is_unread(room, page.events[0]):
        yield from _count_earlier(state, room, request, page.first)
    else:
        yield from _show(state, room, request)


def _count_earlier(state: ClientState, room: ChannelView, request: PendingRequest, oldest: str) -> Effects:
    limit = state.connection.isupport_number("CHATHISTORY") or request.limit
    counting = PendingRequest(
        request.target,
        min(limit, MAX_UNREAD_MESSAGES),
        _on_earlier_page,
        _on_refused,
        total=request.total,
        collected=request.collected,
    )
    yield from pages.send_request(state, counting, "BETWEEN", oldest, f"timestamp={to_iso(room.read_at)}")


def _on_earlier_page(state: ClientState, request: PendingRequest, page: ReceivedPage) -> Effects:
    """Count a page of earlier messages, then the one before it, up to the limit."""
    room = state.open_room(request.target)
    request.collected[:0] = page.messages
    if not page.is_end and len(request.collected) < MAX_UNREAD_MESSAGES:
        yield from _count_earlier(state, room, request, page.first)
    else:
        yield from _show(state, room, request)


def _on_refused(state: ClientState, request: PendingRequest, reason: str) -> Effects:
    """Show what was fetched before the request was refused."""
    yield from _show(state, state.open_room(request.target), request)


def _show(state: ClientState, room: ChannelView, request: PendingRequest) -> Effects:
    """Show the events before the marker, then the unread ones, then those held meanwhile."""
    fetched = playback.mark_shown(room, request.collected)
    for event in fetched:
        if isinstance(event, Message) and _is_unread(room, event):
            room.count_unread(event)
    earlier, shown = fetched[: -request.total], fetched[-request.total :]
    yield from playback.bundle(room, (event for event in shown if not _is_unread(room, event)))
    unread = [event for event in shown if _is_unread(room, event)]
    yield from _show_unread(room, unread, [event for event in earlier if _is_unread(room, event)])
    yield from _begin_marker(state, room)
    yield from catch_up.release(state, room)


def _begin_marker(state: ClientState, room: ChannelView) -> Effects:
    """In a room never read before, count as unread, also after a restart, what follows our JOIN."""
    if room.joined_at and not room.read_at:
        yield from mark_read_to(state, room.name, room.joined_at)


def _is_unread(room: ChannelView, event: HistoryEvent) -> bool:
    """Return whether an event is after the marker; in a room never read before, none is."""
    return event.at > room.read_at and bool(room.read_at or room.is_direct)


def _show_unread(room: ChannelView, events: list[HistoryEvent], earlier: list[HistoryEvent]) -> Effects:
    """Show unread messages under a heading, then the other events of their time.

    If all messages are ours, there is no heading, and in a conversation they are not shown.
    """
    messages = [event for event in events if isinstance(event, Message)]
    if room.unread:
        hidden = tuple(one for one in earlier if isinstance(one, Message) and not one.is_mine)
        yield UnreadMessages(room.name, tuple(messages), len(room.unread), hidden, room.is_direct)
    elif not room.is_direct:
        yield from messages
    yield from playback.bundle(room, (event for event in events if not isinstance(event, Message)))


def _move_marker(room: ChannelView, at: int) -> Effects:
    """Move the read marker forward, and show that it moved."""
    if at > room.read_at:
        room.move_marker(at)
        yield MarkerMoved(room.name, at)


def mark_read(state: ClientState, name: str) -> Effects:
    """Mark everything shown in a room or conversation as read, on all devices of the account."""
    room = state.find_room(name)
    if room is not None:
        yield from mark_read_to(state, name, room.last_at)


def mark_read_to(state: ClientState, name: str, at: int) -> Effects:
    """Mark a room or conversation as read up to the time of a message, on all devices."""
    room = state.find_room(name)
    if room is None or at <= room.read_at:
        return
    yield from _move_marker(room, at)
    if state.has(CAPABILITY) and state.connection.account:
        yield send("MARKREAD", room.name, f"timestamp={to_iso(at)}")


def mark_all_read(state: ClientState) -> Effects:
    """Mark everything shown as read, except in rooms whose history is still being fetched."""
    state.marked_at = state.now
    for room in list(state.rooms.values()):
        if room.catch_up is None:
            yield from mark_read(state, room.name)


def mark_read_at_intervals(state: ClientState) -> Effects:
    """Mark everything shown as read, at most once per interval."""
    if state.now - state.marked_at >= MARK_INTERVAL_MILLISECONDS:
        yield from mark_all_read(state)
