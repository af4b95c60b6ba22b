"""How far you have read: MARKREAD (IRCv3 draft/read-marker).

Markers belong to a party, as private messages do: to an account with all its devices, or to one session of a
guest. Nobody else ever learns of them. They only move forward.
"""

from app.clock import from_iso, to_iso
from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.registry import command
from app.engine.world.user import User
from app.events import Event, Kind
from app.services.markers import load_read_markers
from app.wire.line import plain
from app.wire.names import Key, fold

MAX_MARKERS = 1_000  # of one party
MAX_TARGET_LENGTH = 128  # of a name that can be remembered


@command(writes=True)
def markread(ctx: Context, target: str = "", timestamp: str = "") -> None:
    """Show or move the mark up to which you have read a room, or what somebody wrote.

    An instant is `timestamp=2026-11-22T12:00:05.123Z`; a mark never moves back. Your other devices are told.
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
        text = f"You have {MAX_MARKERS} marks already"
        raise FailReply("MARKREAD", "INTERNAL_ERROR", target, text=text)
    me = ctx.me
    data = {"party": me.party, "instant": instant}
    account = me.account.name if me.account else None
    event = Event(Kind.MARKED, nick=ctx.runtime.server_name, account=account, target=target, data=data)
    ctx.emit_without_reply(event, ctx.world.devices(me.party))


def send_marker(ctx: Context, target: str) -> None:
    """Tell how far the caller has read a room, or what somebody wrote; `*` if that is not known."""
    instant = _load_markers(ctx, ctx.me).get(fold(target))
    ctx.send_from_server("MARKREAD", target, "*" if instant is None else f"timestamp={to_iso(instant)}")


def send_unjoined_markers(ctx: Context) -> None:
    """Tell how far the caller has read the rooms it is not in: it was, before the connection was lost."""
    if "draft/read-marker" not in ctx.client.caps:
        return
    inside = {room.key for room in ctx.world.rooms_of(ctx.me)}
    for target in _load_markers(ctx, ctx.me):
        if target.startswith("#") and target not in inside:
            send_marker(ctx, target)


def _load_markers(ctx: Context, me: User) -> dict[Key, int]:
    """Return the caller's markers, from memory once they have been read; the log must be open."""
    reader = me.reader
    if reader.markers is None:
        reader.markers = load_read_markers(ctx.runtime.ledger.connection, me.party)
        for event in ctx.changeset.events:  # decided, but not in the table yet
            if event.kind is Kind.MARKED and event.data["party"] == me.party:
                reader.markers[fold(event.target or "")] = event.data["instant"]
    return reader.markers


def _parse_timestamp(target: str, timestamp: str) -> int:
    """Read an instant.

    Raises: Failed unless it is written exactly as the server writes it.
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
    text = "Marks are timestamp=YYYY-MM-DDThh:mm:ss.sssZ"
    return FailReply("MARKREAD", "INVALID_PARAMS", *params, text=text)
