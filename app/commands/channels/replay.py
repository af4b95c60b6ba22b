"""Replay: messages that a client missed, sent on joining if it cannot request history.

A client has missed what was said in a room since its user was last there with a device: the same
account or, for a guest, the same nick and host. A first-time visitor receives the latest messages.
A client that has negotiated `batch` receives them as a `chathistory` batch, so that programs can
tell them from new ones.

A room's recent messages are read from the log on the engine's thread, and kept in memory while the
room has members (`engine.world.recent_messages`). Direct messages differ for every user; reading
them is slow work for the reader's thread.
"""

from collections.abc import Callable, Iterable, Sequence

from app.clock import to_iso
from app.commands.batches import response_batch
from app.commands.chathistory.playback import fill_in_names
from app.commands.chathistory.timestamps import send_old_message
from app.commands.context import Context
from app.commands.sessions.connections import find_last_received
from app.engine.submission_unit import SlowWork
from app.engine.world.room import Room
from app.engine.world.user import User
from app.events import MESSAGES, Event
from app.events.data import MessageData
from app.services.history.last_visits import find_last_position
from app.services.history.pages import latest_messages, list_private_messages
from app.services.history.source import HistoryCursor
from app.services.history.visibility import NEVER, find_visit_start
from app.services.nodes.nodes import find_delivery_progress
from app.wire.ctcp import is_request

# Clients with one of these capabilities request history themselves.
HISTORY_CAPABILITIES = ("draft/chathistory", "znc.in/playback")
IsMissed = Callable[[Event], bool]
READ_PRIVATE = "/msg HistServ LAST <nick> 100"


def wants_replay(ctx: Context) -> bool:
    """Return whether to replay messages, because the client cannot request history."""
    return bool(ctx.runtime.settings.replay) and ctx.client.caps.isdisjoint(HISTORY_CAPABILITIES)


def replay_room(ctx: Context, room: Room) -> None:
    """Send the messages of a room that the user missed to a client that cannot request them.

    Runs on the engine's thread, including any reads from the log.
    """
    if wants_replay(ctx):
        recent = list(get_recent_messages(ctx, room))
        if recent:
            _replay(ctx, room, recent, _find_missed(ctx, room))


def replay_room_after(ctx: Context, room: Room, position: int) -> None:
    """Send the messages of a room after a position of the log to a client that cannot request them.

    Runs on the engine's thread.
    """
    if wants_replay(ctx):
        _replay(ctx, room, list(get_recent_messages(ctx, room)), _is_after(position))


def _replay(ctx: Context, room: Room, recent: list[Event], is_missed: IsMissed | None) -> None:
    """Send those of the recent messages that were missed, or the latest on the first visit."""
    limit = ctx.runtime.settings.replay
    missed = recent if is_missed is None else [event for event in recent if is_missed(event)]
    missed = _filter_visible(ctx, room, missed)
    if is_missed is not None and len(missed) > limit:
        _send_omission(ctx, room, missed[-limit].at)
    _send_batch(ctx, room.name, missed[-limit:])


def get_recent_messages(ctx: Context, room: Room) -> Iterable[Event]:
    """Return a room's recent messages, reading the log unless they are cached.

    Includes the messages of the current changeset, which are not in the log yet.
    """
    recent = ctx.world.recent.find(room.id)
    if recent is None:
        length, adopted = ctx.world.recent_length, ctx.changeset.adopted
        high = None if adopted is None else HistoryCursor(adopted.at, adopted.id)
        stored = ctx.read(lambda connection: latest_messages(connection, room.id, length, high))
        stored = [event for event in stored if event.id not in ctx.world.redacted]
        for event in stored:
            fill_in_names(ctx, event, room)
        uncommitted = [
            event for event in ctx.changeset.events if event.room == room.id and event.kind in MESSAGES
        ]
        recent = (stored + uncommitted)[-ctx.world.recent_length :]
        ctx.world.recent.load(room.id, recent)
    return recent


def _find_missed(ctx: Context, room: Room) -> IsMissed | None:
    """Return a predicate for the messages that the user missed, or None on the first visit.

    Events of the current changeset have the id 0 until they are stored.
    """
    departure = ctx.world.departures.find(ctx.me, room.id)
    if departure is not None:
        events = ctx.changeset.events
        later = {id(event) for event in events[events.index(departure) + 1 :]}
        return lambda event: id(event) in later
    last = ctx.read(lambda connection: find_last_position(connection, room.id, ctx.me.visitors))
    if last is not None:
        return _is_after(last)
    ghost = _find_ghost(ctx, room)
    if ghost is None:
        return None
    if not ghost.clients:
        return _is_after(
            ctx.read(lambda connection: find_delivery_progress(connection, ghost.nodes)).position
        )
    delivered_until = min(find_last_received(ctx.runtime, client) for client in ghost.clients)
    return lambda event: (not event.id or event.at > delivered_until) and not event.is_imported


def _is_after(position: int) -> IsMissed:
    return lambda event: (not event.id or event.id > position) and not event.is_imported


def _find_ghost(ctx: Context, room: Room) -> User | None:
    """Return the member that is the caller's previous connection, or None.

    While the server has not noticed that a connection is broken, or other nodes that their node is
    gone, its nick is in use, and the client returns with a longer one, such as `bot_` in place of
    `bot`.
    """
    me = ctx.me
    shorter = (ctx.world.find_user(me.nick[:end]) for end in range(len(me.nick) - 1, 0, -1))
    ghosts = (user for user in shorter if user is not None and user.nodes and room.member(user))
    return next((user for user in ghosts if (user.user, user.host) == (me.user, me.host)), None)


def _filter_visible(ctx: Context, room: Room, events: list[Event]) -> list[Event]:
    """Return the events that the caller may see.

    If the room hides history (+H), reads the start of the caller's visit on the engine's thread.
    """
    if not room.hides_history or not events:
        return events
    first = ctx.read(lambda connection: find_visit_start(connection, room.id, ctx.me.parties))
    if first is NEVER:
        return []
    return [event for event in events if not event.id or event.id >= first.position]


def _send_omission(ctx: Context, room: Room, first: int) -> None:
    """Tell the client that it missed messages before `first`, the instant of the first replayed."""
    query = f"in:{room.name} before:{to_iso((first or ctx.runtime.clock.now()) - 1)} limit:100"
    text = f"You missed older messages as well; to read them: /msg HistServ SEARCH {query}"
    ctx.send_from_server("NOTICE", room.name, text=text)


def _send_batch(ctx: Context, target: str, events: Sequence[Event]) -> None:
    # A replayed CTCP request would be answered again.
    shown = [event for event in events if not is_request(event.text or "")]
    if shown:
        with response_batch(ctx, "chathistory", target) as tags:
            for event in shown:
                send_old_message(ctx, event, **tags)


# Direct messages


def replay_direct_messages(ctx: Context, since: int) -> SlowWork | None:
    """Return slow work that replays direct messages after `since`, or None if replay is off.

    The log is read later, on the reader's thread. It may then contain messages emitted after this
    call, which the client receives live; they are excluded from the replay.
    """
    if not wants_replay(ctx):
        return None
    party, limit = ctx.me.party, ctx.runtime.settings.replay
    latest = ctx.changeset.events[-1]  # never empty: it contains the ATTACHED event

    def send(resumed: Context, found: list[Event]) -> None:
        redacted = resumed.world.redacted
        missed = [event for event in found if event.id <= latest.id and event.id not in redacted]
        if len(missed) > limit:
            resumed.send_notice(f"You missed older private messages as well; to read them: {READ_PRIVATE}")
        for partner, events in _group_by_partner(missed[-limit:], party).items():
            _send_batch(resumed, partner, events)

    return ctx.defer(lambda session: list_private_messages(session, party, limit + 1, since), send)


def _group_by_partner(events: Iterable[Event], party: str) -> dict[str, list[Event]]:
    """Return the direct messages of a party by the nick of the partner, in order."""
    found: dict[str, list[Event]] = {}
    for event in events:
        is_sender = (MessageData.of(event).parties or [""])[0] == party
        partner = (event.target or "") if is_sender else event.nick
        found.setdefault(partner, []).append(event)
    return found
