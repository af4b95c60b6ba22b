"""*playback: history for clients that support ZNC's playback module (wiki.znc.in/Playback).

A message to *playback and the command `ZNC *playback` of ZNC's clients do the same.

A *buffer* is a room that the caller is in, or a user that they have exchanged messages with. The
access rules are those of CHATHISTORY, and a reply for several buffers is limited to the size of one
CHATHISTORY page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, DecimalException

from sqlalchemy.orm import Session

from app.commands.chathistory.playback import (
    NOT_RETRIEVED,
    is_visible,
    playback_kinds,
    read_later,
    rooms_with_open_history,
    send_mixed,
)
from app.commands.context import Context
from app.commands.errors import FailReply, NumericError
from app.commands.pseudoclients import service_context
from app.commands.pseudoclients.service_context import ServiceContext
from app.commands.query_masks import compile_query_mask
from app.commands.registry import command, subcommand
from app.engine.submission_unit import SlowWork
from app.events import Event
from app.services.history import pages
from app.services.history.conversations import list_partners
from app.services.history.source import HistoryCursor, HistorySource
from app.services.history.visibility import find_first_visible
from app.wire import numerics
from app.wire.line import plain
from app.wire.masks import is_mask
from app.wire.names import caseless

COST = 5  # a request may read many buffers
MAX_MASKS = 10  # per request; each is matched against every buffer
END_OF_TIME = 1 << 50  # an instant later than any event

Buffers = Mapping[str, HistorySource]


@dataclass(frozen=True, slots=True)
class BufferPage:
    """Events of a buffer, visible to the caller when they were read."""

    buffer: str
    events: list[Event]


@command("*PLAYBACK")
def playback(ctx: ServiceContext, command: str = "", *more: str) -> None:
    """Play back history as ZNC's playback module does: `/msg *playback PLAY * 1795000000.123`.

    Clients with the capability znc.in/playback send this automatically, some of them as
    `ZNC *playback PLAY * 1795000000.123`. Times are Unix timestamps
    in seconds, with an optional fraction.
    """
    raise service_context.unknown_command(ctx, command)


@command()
def znc(ctx: Context, module: str, *words: str) -> None:
    """Send a command to a module of ZNC: `ZNC *playback PLAY #tea 0`, same as `/msg *playback`.

    The only module is `*playback`.
    """
    text = "No such module; the only one is *playback: try ZNC *playback HELP"
    raise NumericError(numerics.ERR_NOSUCHNICK, module, text=text)


@subcommand()
def playback_help(ctx: ServiceContext, *command: str) -> None:
    """List the commands, or show the syntax of one."""
    service_context.send_help(ctx, *command)


@subcommand(cost=COST)
def playback_play(ctx: ServiceContext, buffers: str, since: str = "0", until: str = "") -> SlowWork:
    """Play back the messages of buffers between two times.

    The buffers are a comma-separated list of names or masks of rooms and nicks. They share
    one page; if there are more messages, the latest are played.
    """
    find_buffers, open_rooms = _buffer_query(ctx, buffers), rooms_with_open_history(ctx)
    first = HistoryCursor(_parse_timestamp(since))
    last = HistoryCursor(_parse_timestamp(until) + 1 if until else END_OF_TIME)
    max_events = ctx.runtime.settings.history_limit

    def read(session: Session) -> list[BufferPage]:
        found = find_buffers(session)
        limit = max(max_events // max(len(found), 1), 1)
        return [
            BufferPage(name, pages.between(session, source, limit, last, first).items)
            for name, source in found.items()
        ]

    return read_later(ctx, _read_failure(ctx), read, lambda ctx, found: _send_pages(ctx, found, open_rooms))


@subcommand(cost=COST)
def playback_list(ctx: ServiceContext, buffers: str = "*") -> SlowWork:
    """List buffers with the times of their first and last messages."""
    find_buffers, open_rooms = _buffer_query(ctx, buffers), rooms_with_open_history(ctx)

    def read(session: Session) -> list[BufferPage]:
        return [
            BufferPage(name, _first_and_last(session, source))
            for name, source in find_buffers(session).items()
        ]

    return read_later(ctx, _read_failure(ctx), read, lambda ctx, found: _send_list(ctx, found, open_rooms))


@subcommand()
def playback_clear(ctx: ServiceContext, buffers: str = "") -> None:
    """Clear a buffer. Always refused, because history belongs to all members; see REDACT."""
    text = "History cannot be cleared, because it belongs to all members; use PLAY with a later time"
    raise FailReply(ctx.verb, "DISALLOWED", text=text)


def _buffer_query(ctx: ServiceContext, masks: str) -> Callable[[Session], Buffers]:
    """Return a query for the caller's buffers whose names match.

    Raises: NumericError with ERR_BADMASK; FailReply when there are too many masks.
    """
    is_requested = _parse_masks(masks)
    kinds, parties = playback_kinds(ctx), ctx.me.parties
    rooms = {room.name: room.id for room in ctx.world.rooms_of(ctx.me)}

    def find(session: Session) -> Buffers:
        last = ctx.find_end_of_history()
        first = find_first_visible(session.connection(), rooms.values(), parties)
        sources = {
            name: HistorySource(room, (), kinds, first.get(room), last) for name, room in rooms.items()
        }
        for name, found in list_partners(session, parties[0]).items():
            sources[name] = HistorySource(None, tuple(found), kinds, last=last)
        return {name: source for name, source in sources.items() if is_requested(name)}

    return find


def _parse_masks(text: str) -> Callable[[str], bool]:
    """Return whether a buffer is in a comma-separated list of names and masks.

    Raises: NumericError with ERR_BADMASK; FailReply when there are too many masks.
    """
    words = text.split(",")
    masks = [word for word in words if is_mask(word)]
    if len(masks) > MAX_MASKS:
        raise FailReply("*PLAYBACK", "INVALID_PARAMS", text=f"A request takes at most {MAX_MASKS} masks")
    names, patterns = {caseless(word) for word in words}, [compile_query_mask(mask) for mask in masks]

    def is_requested(buffer: str) -> bool:
        name = caseless(buffer)
        return name in names or any(pattern.fullmatch(name) for pattern in patterns)

    return is_requested


def _parse_timestamp(seconds: str) -> int:
    """Return the instant of a Unix timestamp in seconds, which may have a fraction.

    Raises: FailReply when it cannot be parsed.
    """
    try:
        instant = Decimal(seconds) * 1000
    except DecimalException:  # not a number, or too large to multiply
        instant = Decimal(-1)
    if not (instant.is_finite() and 0 <= instant < END_OF_TIME):
        raise FailReply(
            "*PLAYBACK", "INVALID_PARAMS", text="Times are Unix timestamps, such as 1795000000.123"
        )
    return int(instant)


def _first_and_last(session: Session, source: HistorySource) -> list[Event]:
    earliest, latest = pages.after(session, source, 1, HistoryCursor(0)), pages.latest(session, source, 1)
    return [*earliest.items, *latest.items]


def _send_pages(ctx: ServiceContext, found: list[BufferPage], open_rooms: frozenset[int]) -> None:
    """Send each buffer as a batch; `open_rooms` did not hide their history when it was read."""
    for page in found:
        events = [event for event in page.events if is_visible(ctx, event, open_rooms)]
        if events:
            send_mixed(ctx, events, "znc.in/playback", plain(page.buffer))


def _send_list(ctx: ServiceContext, found: list[BufferPage], open_rooms: frozenset[int]) -> None:
    for page in found:
        if page.events and all(is_visible(ctx, event, open_rooms) for event in page.events):
            first, last = page.events[0].at, page.events[-1].at
            ctx.respond(f"{page.buffer} {first / 1000:.3f} {last / 1000:.3f}")


def _read_failure(ctx: ServiceContext) -> FailReply:
    return FailReply(ctx.verb, "MESSAGE_ERROR", text=NOT_RETRIEVED)
