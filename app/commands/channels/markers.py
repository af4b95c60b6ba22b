"""Read markers: MARKREAD (https://ircv3.net/specs/extensions/read-marker).

Like direct messages, markers belong to a party: an account with all its devices, or one session of
a guest. They are private and only move forward.
"""

from app.clock import from_iso, to_iso
from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.registry import command
from app.engine.world.user import User
from app.events import Event, Kind
from app.events.data import MarkedData
from app.services.history.markers import load_read_markers
from app.wire.line import plain
from app.wire.names import Key, fold

MAX_MARKERS = 1_000  # per party
MAX_TARGET_LENGTH = 128  # characters, before and after case folding


@command(writes=True)
def markread(ctx: Context, target: str = "", timestamp: str = "") -> None:
    """Show or set your read marker for a room or a user.

    The timestamp has the form `timestamp=2026-11-22T12:00:05.123Z`. A marker never moves back. Your
    other devices are notified.
    """
    if not target:
        raise FailReply("MARKREAD", "NEED_MORE_PARAMS", text="Missing parameters")
    key = fold(target)
    if plain(target) != target or max(len(target), len(key)) > MAX_TARGET_LENGTH:
        raise _invalid_params(target)
    if timestamp:
        _advance(ctx, target, key, _parse_timestamp(target, timestamp))
    send_marker(ctx, target)


def _advance(ctx: Context, target: str, key: Key, instant: int) -> None:
    markers = _load_markers(ctx, ctx.me)
    if instant <= markers.get(key, instant - 1):
        return
    if key not in markers and len(markers) >= MAX_MARKERS:
        text = f"You have reached the limit of {MAX_MARKERS} read markers"
        raise FailReply("MARKREAD", "INTERNAL_ERROR", target, text=text)
    me = ctx.me
    data = MarkedData(me.party, instant)
    account = me.account.name if me.account else None
    event = Event(Kind.MARKED, nick=ctx.runtime.server_name, account=account, target=target, data=data)
    ctx.emit_without_reply(event)


def send_marker(ctx: Context, target: str) -> None:
    """Send the caller's read marker for a target, or `*` if there is none."""
    instant = _load_markers(ctx, ctx.me).get(fold(target))
    ctx.send_from_server("MARKREAD", target, "*" if instant is None else f"timestamp={to_iso(instant)}")


def send_unjoined_markers(ctx: Context) -> None:
    """Send the markers of rooms that the caller is not in, for when a client rejoins them."""
    if "draft/read-marker" not in ctx.client.caps:
        return
    joined = {room.key for room in ctx.world.rooms_of(ctx.me)}
    for target in _load_markers(ctx, ctx.me):
        if target.startswith("#") and target not in joined:
            send_marker(ctx, target)


def _load_markers(ctx: Context, me: User) -> dict[Key, int]:
    """Return the user's markers, reading the database unless they are cached.

    They are not cached while a room's new name or deletion, which affects them, is uncommitted, nor
    while the log may contain events that are not applied yet.
    """
    if me.principal.markers is not None:
        return me.principal.markers
    markers = ctx.read(lambda connection: load_read_markers(connection, me.party))
    for event in ctx.changeset.events:  # not in the table yet
        if isinstance(event.data, MarkedData) and event.data.party == me.party:
            markers[fold(event.target or "")] = event.data.instant
    is_current = ctx.changeset.writable and ctx.changeset.adopted is None
    if is_current and not any(event.kind in (Kind.RENAMED, Kind.DELETED) for event in ctx.changeset.events):
        me.principal.markers = markers
    return markers


def _parse_timestamp(target: str, timestamp: str) -> int:
    """Parse a timestamp.

    Raises: FailReply unless it has exactly the form that the server sends.
    """
    text = timestamp.removeprefix("timestamp=")
    try:
        instant = from_iso(text)
        if text == timestamp or to_iso(instant) != text:
            raise ValueError(timestamp)
    except ValueError as error:
        raise _invalid_params(target, timestamp) from error
    return instant


def _invalid_params(*params: str) -> FailReply:
    text = "The timestamp must have the form timestamp=YYYY-MM-DDThh:mm:ss.sssZ"
    return FailReply("MARKREAD", "INVALID_PARAMS", *params, text=text)
