"""Coming back after a lost connection without a gap and without a duplicate.

Every room remembers the last message that was shown. After rejoining, the messages after that one are
fetched page after page; what happens live meanwhile is held back. A page that reaches what is held, or is
empty, is the last; then what is held follows, and message ids keep out what came both ways. Only what is
shown moves the position, so a connection lost in the middle of this simply starts it again from there.
"""

from app.client.protocol import history, pending
from app.client.protocol.dispatch import deliver, param, send
from app.client.protocol.effects import Effects
from app.client.protocol.events import Message, Notice, Resumed
from app.client.protocol.model import CatchUp, ChannelView, ClientState, OpenBatch, PendingRequest
from app.clock import to_iso
from app.wire.line import Line
from app.wire.names import Key, fold

TARGETS = Key("")  # stands for the question which conversations have something new
MAX_TARGETS = 100  # conversations looked at after a reconnect
FAR_FUTURE_MILLISECONDS = (
    86_400_000  # milliseconds; clocks of server and client may differ by less than a day
)


def interrupt(state: ClientState) -> None:
    """The connection is gone: no room is entered, nothing is being fetched, waiting lines are in doubt."""
    for room in state.rooms.values():
        room.is_wanted = room.is_wanted or room.is_joined
        room.is_joined = False
        room.members.clear()
        room.listing = room.catch_up = None
    pending.doubt(state)


def rename(state: ClientState, old: str, new: str) -> None:
    """Somebody in our rooms has another nick."""
    for room in state.rooms_of(old):
        member = room.members.pop(fold(old))
        member.nick = new
        room.members[fold(new)] = member


def return_to_rooms(state: ClientState) -> Effects:
    """Enter the rooms that were wished for or lost; after a lost connection, begin to catch up."""
    if not state.has_been_online:
        for name in state.options.rooms:
            state.open_room(name).is_wanted = True
    wanted = [room for room in state.rooms.values() if room.is_wanted]
    for room in wanted:
        yield send("JOIN", room.name, *([room.entry_key] if room.entry_key else []))
    if state.has_been_online:
        state.connection.resuming = {fold(room.name) for room in wanted}
        yield from _ask_conversations(state)


def _ask_conversations(state: ClientState) -> Effects:
    """Find out which conversations have something new; where lines are in doubt, look anyway."""
    if not state.has(history.CAPABILITY):
        yield from _conclude(state)
        return
    for target in pending.doubtful_targets(state):
        if not state.is_room(target):
            yield from _catch_up(state, state.open_room(target))
    if state.connection.account:
        state.connection.resuming.add(TARGETS)
        state.connection.since = _last_at(state)
        since, until = to_iso(state.connection.since), to_iso(state.now + FAR_FUTURE_MILLISECONDS)
        yield send("CHATHISTORY", "TARGETS", f"timestamp={since}", f"timestamp={until}", str(MAX_TARGETS))
    yield from _conclude(state)


def _last_at(state: ClientState) -> int:
    """Return the instant of the newest thing shown anywhere."""
    return max((room.last_at for room in state.rooms.values()), default=0) or state.lost_at


def targets(state: ClientState, batch: OpenBatch) -> Effects:
    """These conversations have something new: catch up with each."""
    for line in batch.lines:
        name = param(line, 1)
        if name and not state.is_room(name):
            room = state.open_room(name)
            room.last_at = room.last_at or state.connection.since
            yield from _catch_up(state, room)
    yield from _finish(state, TARGETS)


def targets_refused(state: ClientState, line: Line) -> Effects:
    """The server does not say which conversations have something new."""
    yield from _finish(state, TARGETS)


def is_returning(state: ClientState, room: ChannelView) -> bool:
    """Whether a room is being entered again after a lost connection."""
    return fold(room.name) in state.connection.resuming


def entered(state: ClientState, room: ChannelView, at: int) -> Effects:
    """We are in a room: fetch what was missed, or some past as a greeting."""
    room.is_wanted = True
    may_ask = state.has(history.CAPABILITY)
    if may_ask and is_returning(state, room) and _position(room):
        yield from _catch_up(state, room)
        return
    room.last_at = max(room.last_at, at)
    if may_ask and state.options.greeting:
        yield from _greet(state, room)
    else:
        yield from _finish(state, fold(room.name))


def _greet(state: ClientState, room: ChannelView) -> Effects:
    """Fetch the last messages of a room."""
    room.catch_up = CatchUp(is_resume=False)
    limit = min(state.options.greeting, history.page_limit(state))
    yield from history.ask(state, PendingRequest(room.name, limit, _last_page, _without), "LATEST", "*")


def _catch_up(state: ClientState, room: ChannelView) -> Effects:
    """Fetch everything after the last message shown, unless that is being done."""
    if room.catch_up is not None:
        return
    room.catch_up = CatchUp(is_resume=True)
    state.connection.resuming.add(fold(room.name))
    yield from _ask_after(state, room, _position(room) or f"timestamp={to_iso(state.lost_at)}")


def _position(room: ChannelView) -> str:
    """Return the last message shown, as the server is told about it."""
    if room.last_msgid:
        return f"msgid={room.last_msgid}"
    return f"timestamp={to_iso(room.last_at)}" if room.last_at else ""


def _ask_after(state: ClientState, room: ChannelView, position: str) -> Effects:
    request = PendingRequest(room.name, history.page_limit(state), _next_page, _without, reference=position)
    yield from history.ask(state, request, "AFTER", position)


def _next_page(state: ClientState, request: PendingRequest, messages: list[Message]) -> Effects:
    """Show a page of what was missed, and fetch the next unless this one reaches what is held."""
    room = state.open_room(request.target)
    held = _held_ids(room)
    for message in messages:
        yield from _show_missed(state, room, message)
    if not messages or any(message.msgid in held for message in messages):
        yield from _release(state, room)
    else:
        yield from _ask_after(state, room, history.reference(messages[-1]))


def _held_ids(room: ChannelView) -> set[str]:
    held = room.catch_up.held if room.catch_up else []
    return {event.msgid for event in held if isinstance(event, Message) and event.msgid}


def _show_missed(state: ClientState, room: ChannelView, message: Message) -> Effects:
    """Show a missed message once; it may be the proof that a line in doubt was stored."""
    if not room.remember(message):
        return
    if room.catch_up:
        room.catch_up.missed += 1
    yield from pending.confirm(state, message, "")
    yield message


def _last_page(state: ClientState, request: PendingRequest, messages: list[Message]) -> Effects:
    """Show the only page of a greeting."""
    room = state.open_room(request.target)
    for message in messages:
        if room.remember(message):
            yield message
    yield from _release(state, room)


def _without(state: ClientState, request: PendingRequest, reason: str) -> Effects:
    """The server refuses the past: try by time when it does not know the message, else go on without."""
    room = state.open_room(request.target)
    if request.reference.startswith("msgid=") and room.last_at:
        yield from _ask_after(state, room, f"timestamp={to_iso(room.last_at)}")
        return
    if request.reference and not room.is_direct:
        state.connection.is_untold = True
        yield Notice(f"What was missed in {room.name} cannot be told: {reason}", is_error=True)
    yield from _release(state, room)


def _release(state: ClientState, room: ChannelView) -> Effects:
    """The past is complete: show what was held meanwhile."""
    catch_up, room.catch_up = room.catch_up, None
    for event in catch_up.held if catch_up else []:
        yield from deliver(room, event)
    if catch_up and catch_up.is_resume:
        state.connection.missed += catch_up.missed
        yield from pending.give_up(state, room.name)
    yield from _finish(state, fold(room.name))


def give_up(state: ClientState, room: ChannelView) -> Effects:
    """We are not in a room after all; nothing more is fetched there."""
    room.is_wanted = False
    room.catch_up = None
    yield from _finish(state, fold(room.name))


def _finish(state: ClientState, key: Key) -> Effects:
    """One part of catching up is done."""
    if key in state.connection.resuming:
        state.connection.resuming.discard(key)
        yield from _conclude(state)


def _conclude(state: ClientState) -> Effects:
    """With every part of catching up done, say so; what is still in doubt then was not stored."""
    connection = state.connection
    if not connection.resuming:
        yield from pending.give_up(state)
        is_told = state.has(history.CAPABILITY) and not connection.is_untold
        yield Resumed(connection.missed if is_told else None)
