"""HistServ: the past, for people whose clients cannot ask for it by CHATHISTORY. Who may see what is the same."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from app.clock import from_datetime, to_text
from app.commands.chathistory.playback import (
    NOT_RETRIEVED,
    PageRequest,
    find_joined_room,
    is_visible,
    make_request,
    may_read,
    read_later,
    rooms_with_open_history,
)
from app.commands.chathistory.search import COST as SEARCH_COST
from app.commands.chathistory.search import start_search
from app.commands.errors import FailReply
from app.commands.pseudoclients import service_context
from app.commands.pseudoclients.service_context import ServiceContext
from app.commands.registry import command, subcommand
from app.engine.submission_unit import SlowWork
from app.events import Event, msgid, position
from app.services import pages
from app.services.pages import HistoryCursor, HistorySource
from app.services.search import SearchQuery
from app.services.visibility import find_first_visible
from app.wire.names import is_room
from app.wire.numbers import parse_number

FILTERS = ("from", "in", "after", "before", "limit")  # beside the words of a search
COST = 3  # a page is heavier than a line
DEFAULT_LINES = 10  # told if no number is given
MAX_LINES = 100


@command("HISTSERV", alias="HS")
def histserv(ctx: ServiceContext, command: str = "", *more: str) -> None:
    """Tell what was said before: `/msg HistServ HELP` tells how to ask. HS is short for it."""
    raise service_context.unknown_command(ctx, command)


@subcommand()
def histserv_help(ctx: ServiceContext, *command: str) -> None:
    """Tell what there is to say, or how one command is used."""
    service_context.send_help(ctx, *command)


@subcommand(cost=COST)
def histserv_last(ctx: ServiceContext, target: str = "", count: str = "") -> SlowWork:
    """Tell what was said last in a room you are in, or between you and somebody: 10 lines, at most 100.

    Without a target it is the room you are in, if there is but one.
    """
    if target.isdigit():  # which no nick begins with
        target, count = "", target
    request, shown = (
        _request(ctx, target or _get_only_room(ctx), _parse_count(count)),
        rooms_with_open_history(ctx),
    )

    def read(session: Session) -> list[Event]:
        return pages.latest(session, request.place(session), request.limit)

    return read_later(ctx, _read_failure(ctx), read, lambda ctx, found: _send_messages(ctx, found, shown))


@subcommand(cost=COST)
def histserv_context(ctx: ServiceContext, message_id: str, count: str = "") -> SlowWork:
    """Tell what was said around a message, which is known by its id: 10 lines, at most 100."""
    here, limit = _parse_message_id(message_id), _parse_count(count)
    rooms, parties, shown = frozenset(ctx.me.rooms), ctx.me.parties, rooms_with_open_history(ctx)

    def read(session: Session) -> list[Event]:
        message = pages.find_message(session.connection(), here)
        if message is None or not may_read(message, rooms, parties[0]):
            raise _unknown_message(message_id)
        place = _place_of(session, message, parties)
        if place.first is not None and message.id < place.first.position:
            raise _unknown_message(message_id)
        return pages.around(session, place, limit, HistoryCursor(message.at, message.id))

    return read_later(ctx, _read_failure(ctx), read, lambda ctx, found: _send_messages(ctx, found, shown))


@subcommand(cost=SEARCH_COST)
def histserv_search(ctx: ServiceContext, *words: str) -> SlowWork:
    """Tell the last messages that have all the words in them, wherever you may read: 10 lines, at most 100.

    Among the words may stand `from:anna`, `in:#tea`, `after:2026-11-01`, `before:2026-11-30` and `limit:20`.
    """
    if not words:
        raise FailReply(ctx.verb, "INVALID_PARAMS", text="Say what to search for: SEARCH and some words")
    pairs = [word.partition(":")[::2] for word in words]
    chosen = {name.lower(): value for name, value in pairs if name.lower() in FILTERS and value}
    text = " ".join(word for word in words if word.partition(":")[0].lower() not in FILTERS)
    since, until = _parse_day(chosen.get("after")), _parse_day(chosen.get("before"))
    question = SearchQuery(text, chosen.get("from"), since, until)
    limit = _parse_count(chosen.get("limit", ""))
    return start_search(ctx, chosen.get("in", ""), question, limit, _read_failure(ctx), _send_results)


def _parse_day(day: str | None) -> int | None:
    """Read a day, or a day and a time, of UTC.

    Raises: Failed when it is none.
    """
    try:
        moment = None if day is None else datetime.fromisoformat(day)
    except ValueError as error:
        raise FailReply("HISTSERV", "INVALID_PARAMS", text=f"{day} is no day such as 2026-11-22") from error
    return None if moment is None else from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _send_results(ctx: ServiceContext, found: list[Event]) -> None:
    """Tell what was found, and where it was said."""
    for event in found:
        private = f"{event.nick} to {event.target}"
        where = private if event.room is None else f"{ctx.world.rooms[event.room].name} {event.nick}"
        _send_message(ctx, event, where)
    ctx.respond("That is all" if found else "Nothing was found")


def _send_message(ctx: ServiceContext, event: Event, who: str) -> None:
    for line in filter(None, (event.text or "").split("\n")):
        ctx.respond(f"[{to_text(event.at)}] {who}: {line} ({msgid(event.id)})")


def _place_of(session: Session, message: Event, parties: Sequence[str]) -> HistorySource:
    """Return the history that a message is part of, as far as somebody may see it."""
    if message.room is None:
        return HistorySource(conversations=(message.conversation or "",))
    first = find_first_visible(session.connection(), [message.room], parties).get(message.room)
    return HistorySource(message.room, first=first)


def _request(ctx: ServiceContext, target: str, limit: int) -> PageRequest:
    """Return what is asked for.

    Raises: Failed when it is not the caller's to see.
    """
    room = find_joined_room(ctx, target)
    if room is None and is_room(target):
        raise FailReply(ctx.verb, "INVALID_TARGET", text=f"You are not in {target}")
    return make_request(ctx, "LAST", target, limit, room)


def _get_only_room(ctx: ServiceContext) -> str:
    rooms = ctx.world.rooms_of(ctx.me)
    if len(rooms) != 1:
        raise FailReply(ctx.verb, "INVALID_TARGET", text="Say where: LAST and the name of a room or a person")
    return rooms[0].name


def _parse_count(count: str) -> int:
    if not count:
        return DEFAULT_LINES
    lines = parse_number(count)
    if not lines:
        raise FailReply("HISTSERV", "INVALID_PARAMS", text=f"{count} is no number of lines")
    return min(lines, MAX_LINES)


def _parse_message_id(message_id: str) -> int:
    try:
        return position(message_id)
    except ValueError as error:
        raise _unknown_message(message_id) from error


def _unknown_message(message_id: str) -> FailReply:
    return FailReply("HISTSERV", "UNKNOWN_MSGID", text=f"There is no message {message_id} that you may see")


def _read_failure(ctx: ServiceContext) -> FailReply:
    return FailReply(ctx.verb, "MESSAGE_ERROR", text=NOT_RETRIEVED)


def _send_messages(ctx: ServiceContext, found: list[Event], shown: frozenset[int]) -> None:
    """Tell messages, as far as the caller may still see them; `shown` are the rooms that hid nothing before."""
    seen = [one for one in found if is_visible(ctx, one, shown)]
    for event in seen:
        _send_message(ctx, event, event.nick)
    ctx.respond("That is all" if seen else "Nothing was said there")
