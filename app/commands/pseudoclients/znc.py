"""*playback: the past as ZNC's module of that name gives it, for clients that know that (znc.in/playback).

A *buffer* is a room that the caller is in, or somebody they have spoken with alone. Who may see what is the same
as with CHATHISTORY, and a page of all buffers together is no longer than one of its pages.
"""

from collections.abc import Callable, Iterable, Mapping
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
from app.commands.errors import FailReply
from app.commands.pseudoclients import service_context
from app.commands.pseudoclients.service_context import ServiceContext
from app.commands.registry import command, subcommand
from app.engine.submission_unit import SlowWork
from app.events import Event
from app.services import pages
from app.services.pages import HistoryCursor, HistorySource
from app.services.visibility import find_first_visible
from app.wire.line import plain
from app.wire.masks import matches

COST = 5  # it may read many rooms
END_OF_TIME = 1 << 50  # an instant after everything

Buffers = Mapping[str, HistorySource]


@dataclass(frozen=True, slots=True)
class BufferPage:
    """What was said in a buffer, as far as the caller might see it when it was read."""

    buffer: str
    events: list[Event]


@command("*PLAYBACK")
def playback(ctx: ServiceContext, command: str = "", *more: str) -> None:
    """Play what was said, as ZNC does: `/msg *playback PLAY * 1795000000.123`.

    Clients with the capability znc.in/playback ask for it by themselves. Times are seconds since 1970.
    """
    raise service_context.unknown_command(ctx, command)


@subcommand()
def playback_help(ctx: ServiceContext, *command: str) -> None:
    """Tell what there is to say, or how one command is used."""
    service_context.send_help(ctx, *command)


@subcommand(cost=COST)
def playback_play(ctx: ServiceContext, buffers: str, since: str = "0", until: str = "") -> SlowWork:
    """Play what was said after a time, up to another: in rooms and with people, by masks with commas.

    If it is too much for one page, the latest.
    """
    wanted, shown = _buffer_query(ctx, buffers), rooms_with_open_history(ctx)
    low, high = (
        HistoryCursor(_parse_timestamp(since)),
        HistoryCursor(_parse_timestamp(until) + 1 if until else END_OF_TIME),
    )
    most = ctx.runtime.settings.history_limit

    def read(session: Session) -> list[BufferPage]:
        found = wanted(session)
        limit = max(most // max(len(found), 1), 1)
        return [
            BufferPage(name, pages.between(session, here, limit, high, low)) for name, here in found.items()
        ]

    return read_later(ctx, _read_failure(ctx), read, lambda ctx, found: _send_pages(ctx, found, shown))


@subcommand(cost=COST)
def playback_list(ctx: ServiceContext, buffers: str = "*") -> SlowWork:
    """Tell where something was said, with the times of the first message and of the last."""
    wanted, shown = _buffer_query(ctx, buffers), rooms_with_open_history(ctx)

    def read(session: Session) -> list[BufferPage]:
        return [BufferPage(name, _first_and_last(session, here)) for name, here in wanted(session).items()]

    return read_later(ctx, _read_failure(ctx), read, lambda ctx, found: _send_list(ctx, found, shown))


@subcommand()
def playback_clear(ctx: ServiceContext, buffers: str = "") -> None:
    """Clear nothing: history is everybody's who was there; REDACT takes back what you said."""
    text = "Nothing is cleared: what was said stays for all who were there. Ask PLAY for what is new to you"
    raise FailReply(ctx.verb, "DISALLOWED", text=text)


def _buffer_query(ctx: ServiceContext, masks: str) -> Callable[[Session], Buffers]:
    """Return how to find the buffers of the caller whose names match."""
    kinds, parties = playback_kinds(ctx), ctx.me.parties
    rooms = {room.name: room.id for room in ctx.world.rooms_of(ctx.me)}

    def find(session: Session) -> Buffers:
        first = find_first_visible(session.connection(), rooms.values(), parties)
        places = {
            name: HistorySource(room, extra=kinds, first=first.get(room)) for name, room in rooms.items()
        }
        for name, found in pages.list_partners(session, parties[0]).items():
            places[name] = HistorySource(conversations=tuple(found), extra=kinds)
        return _matching_buffers(masks.split(","), places)

    return find


def _matching_buffers(masks: Iterable[str], buffers: Buffers) -> Buffers:
    return {
        name: here for name, here in buffers.items() if any(mask and matches(mask, name) for mask in masks)
    }


def _parse_timestamp(seconds: str) -> int:
    """Read seconds since 1970, with a fraction.

    Raises: Failed.
    """
    try:
        instant = Decimal(seconds) * 1000
    except DecimalException:  # no number, or one that is too large for its thousandfold
        instant = Decimal(-1)
    if not (instant.is_finite() and 0 <= instant < END_OF_TIME):
        raise FailReply("*PLAYBACK", "INVALID_PARAMS", text="A time is seconds since 1970, as 1795000000.123")
    return int(instant)


def _first_and_last(session: Session, here: HistorySource) -> list[Event]:
    return [*pages.after(session, here, 1, HistoryCursor(0)), *pages.latest(session, here, 1)]


def _send_pages(ctx: ServiceContext, found: list[BufferPage], shown: frozenset[int]) -> None:
    """Play each buffer as a batch of its own; `shown` are the rooms that hid nothing before."""
    for page in found:
        events = [one for one in page.events if is_visible(ctx, one, shown)]
        if events:
            send_mixed(ctx, events, "znc.in/playback", plain(page.buffer))


def _send_list(ctx: ServiceContext, found: list[BufferPage], shown: frozenset[int]) -> None:
    for page in found:
        if page.events and all(is_visible(ctx, one, shown) for one in page.events):
            first, last = page.events[0].at, page.events[-1].at
            ctx.respond(f"{page.buffer} {first / 1000:.3f} {last / 1000:.3f}")


def _read_failure(ctx: ServiceContext) -> FailReply:
    return FailReply(ctx.verb, "MESSAGE_ERROR", text=NOT_RETRIEVED)
