"""Catch-ups: live events of a room are held while its history is fetched.

`ConnectionState.resuming` contains what must still be fetched after a reconnect. Once it is empty,
`Resumed` reports how many messages were missed.
"""

from app.client.protocol.channel_view import ChannelView
from app.client.protocol.effects import Effects
from app.client.protocol.events import CaughtUp, Resumed
from app.client.protocol.history import pages
from app.client.protocol.messaging.messages import deliver
from app.client.protocol.model import ClientState
from app.client.protocol.sending import pending, send_queue
from app.wire.names import Key, fold


def is_resuming(state: ClientState, room: ChannelView) -> bool:
    """Return whether a room is being rejoined after a lost connection."""
    return fold(room.name) in state.connection.resuming


def release(state: ClientState, room: ChannelView) -> Effects:
    """End the catch-up of a room: show the held events, and settle its messages still in doubt."""
    catch_up, room.catch_up = room.catch_up, None
    for event in catch_up.held if catch_up else []:
        yield from deliver(room, event)
    if catch_up and catch_up.is_resume:
        state.connection.missed += catch_up.missed
        if catch_up.missed:
            yield CaughtUp(room.name, catch_up.missed)
        settle = send_queue.fail_in_doubt if catch_up.has_failed else send_queue.settle_in_doubt
        yield from settle(state, room.name)
    yield from finish(state, fold(room.name))


def cancel(state: ClientState, room: ChannelView) -> Effects:
    """Stop catching up with a room that we have left or cannot join."""
    room.must_rejoin = False
    room.catch_up = None
    yield from send_queue.fail_queued(state, room.name, "you are not in the room")
    yield from finish(state, fold(room.name))


def finish(state: ClientState, key: Key) -> Effects:
    """Record that a room has caught up, or that the TARGETS request was answered."""
    if key in state.connection.resuming:
        state.connection.resuming.discard(key)
        yield from conclude(state)
    yield from pending.flush(state)


def conclude(state: ClientState) -> Effects:
    """Once nothing remains to resume, fail the messages still in doubt and yield `Resumed`."""
    connection = state.connection
    if not connection.resuming:
        yield from send_queue.fail_in_doubt(state)
        is_complete = state.has(pages.CAPABILITY) and not connection.has_gap
        yield Resumed(connection.missed if is_complete else None)
