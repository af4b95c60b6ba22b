"""Resumes conversations after a lost connection, without gaps or duplicates.

Each room records the last message shown. After rejoining, later messages are fetched page by page
while live events are held. Fetching stops at a page that is empty or contains a held message. Then
the held events are shown; duplicates are recognised by message id. The recorded position advances
only when a message is shown, so that fetching resumes there if the connection is lost again.
"""

from app.client.protocol.channel_view import CatchUp, ChannelView
from app.client.protocol.effects import Effects
from app.client.protocol.events import HistoryEvent, Message, Notice
from app.client.protocol.exchanges import OpenBatch
from app.client.protocol.history import catch_up, pages, playback, unread
from app.client.protocol.history.received_page import ReceivedPage
from app.client.protocol.lines import param, send
from app.client.protocol.model import ClientState, PendingRequest
from app.client.protocol.sending import pending, send_queue
from app.clock import to_iso
from app.wire.line import Line
from app.wire.names import Key, fold

TARGETS = Key("")  # in `ConnectionState.resuming`, stands for the TARGETS request
MAX_TARGETS = 100  # conversations fetched after a reconnect


def on_connection_lost(state: ClientState) -> None:
    """Reset the per-connection state of all rooms, and mark pending messages as in doubt."""
    unread.on_connection_lost(state)
    for room in state.rooms.values():
        room.must_rejoin = room.must_rejoin or room.is_joined
        room.is_joined = False
        room.members.clear()
        room.names_reply = room.catch_up = None
    send_queue.mark_in_doubt(state)


def rejoin_rooms(state: ClientState) -> Effects:
    """Join the chosen rooms and those joined before; after a reconnect, start catching up."""
    if not state.has_been_online:
        for name in state.options.rooms:
            state.open_room(name).must_rejoin = True
    rooms = [room for room in state.rooms.values() if room.must_rejoin]
    for room in rooms:
        yield send("JOIN", room.name, *([room.key] if room.key else []))
    if state.has_been_online:
        state.connection.resuming = {fold(room.name) for room in rooms}
        yield from _resume_conversations(state)


def _resume_conversations(state: ClientState) -> Effects:
    """Catch up with conversations that have messages in doubt, and list the others."""
    if not state.has(pages.CAPABILITY):
        yield from catch_up.conclude(state)
        return
    for target in send_queue.in_doubt_targets(state):
        if not state.is_room(target):
            yield from _catch_up(state, state.open_room(target))
    if state.connection.account and not unread.is_due(state):
        state.connection.resuming.add(TARGETS)
        state.connection.targets_since = _last_shown_at(state)
        since = to_iso(state.connection.targets_since)
        until = to_iso(state.now + unread.MAX_CLOCK_SKEW_MILLISECONDS)
        yield send("CHATHISTORY", "TARGETS", f"timestamp={since}", f"timestamp={until}", str(MAX_TARGETS))
    yield from catch_up.conclude(state)


def _last_shown_at(state: ClientState) -> int:
    """Return the time of the last message shown in any room, or of the loss if there is none."""
    return max((room.last_at for room in state.rooms.values()), default=0) or state.lost_at


def on_targets_batch(state: ClientState, batch: OpenBatch) -> Effects:
    """Catch up with every conversation that has new messages."""
    if TARGETS not in state.connection.resuming:
        yield from unread.on_targets_batch(state, batch)
        return
    for line in batch.lines:
        name = param(line, 1)
        if name and not state.is_room(name):
            room = state.open_room(name)
            room.last_at = room.last_at or state.connection.targets_since
            yield from _catch_up(state, room)
    yield from catch_up.finish(state, TARGETS)


def on_targets_fail(state: ClientState, line: Line) -> Effects:
    """Resume without direct conversations, because the server refused to list them."""
    yield from catch_up.finish(state, TARGETS)


def on_joined(state: ClientState, room: ChannelView, at: int) -> Effects:
    """Fetch the missed messages of a rejoined room, or the latest history of a newly joined one."""
    room.must_rejoin, room.joined_at = True, at
    has_history = state.has(pages.CAPABILITY)
    if has_history and catch_up.is_resuming(state, room) and _position(room):
        yield from _catch_up(state, room)
        return
    room.last_at = max(room.last_at, at)
    if has_history and state.options.initial_history:
        yield from unread.fetch_latest(state, room)
    else:
        yield from catch_up.finish(state, fold(room.name))


def _catch_up(state: ClientState, room: ChannelView) -> Effects:
    """Fetch everything after the last message shown, unless already in progress."""
    if room.catch_up is not None:
        return
    room.catch_up = CatchUp(is_resume=True)
    state.connection.resuming.add(fold(room.name))
    yield from _fetch_after(state, room, _position(room) or f"timestamp={to_iso(state.lost_at)}")


def _position(room: ChannelView) -> str:
    """Return the message reference of the last message shown, or "" if there is none."""
    if room.last_msgid:
        return f"msgid={room.last_msgid}"
    return f"timestamp={to_iso(room.last_at)}" if room.last_at else ""


def _fetch_after(state: ClientState, room: ChannelView, position: str) -> Effects:
    limit = pages.page_limit(state)
    request = PendingRequest(room.name, limit, _on_missed_page, _on_refused, reference=position)
    yield from pages.send_request(state, request, "AFTER", position)


def _on_missed_page(state: ClientState, request: PendingRequest, page: ReceivedPage) -> Effects:
    """Show a page of missed messages, then fetch the next one.

    At the last page, or one that contains a held message, release the held events instead.
    """
    room = state.open_room(request.target)
    held = _held_msgids(room)
    is_caught_up = page.is_end or any(message.msgid in held for message in page.messages)
    yield from _show_missed(state, room, playback.mark_shown(room, page.events))
    if is_caught_up:
        yield from catch_up.release(state, room)
    else:
        yield from _fetch_after(state, room, page.last)


def _held_msgids(room: ChannelView) -> set[str]:
    held = room.catch_up.held if room.catch_up else []
    return {event.msgid for event in held if isinstance(event, Message) and event.msgid}


def _show_missed(state: ClientState, room: ChannelView, missed: list[HistoryEvent]) -> Effects:
    """Show missed events; if a message echoes one in doubt, confirm that."""
    for event in playback.bundle(room, missed):
        if isinstance(event, Message):
            room.count_unread(event)
            if room.catch_up and not event.is_mine:
                room.catch_up.missed += 1
            yield from pending.confirm(state, event, "")
        yield event


def _on_refused(state: ClientState, request: PendingRequest, reason: str) -> Effects:
    """Retry by time, in case the server has no such message id; failing that, skip the history."""
    room = state.open_room(request.target)
    if request.reference.startswith("msgid=") and room.last_at:
        yield from _fetch_after(state, room, f"timestamp={to_iso(room.last_at)}")
        return
    if request.reference and not room.is_direct:
        state.connection.has_gap = True
        yield Notice(f"Cannot show the messages you missed in {room.name}: {reason}", is_error=True)
    if room.catch_up:
        room.catch_up.has_failed = True
    yield from catch_up.release(state, room)
