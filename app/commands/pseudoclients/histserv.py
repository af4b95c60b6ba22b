"""HistServ: history for clients without CHATHISTORY, under the same access rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC

from sqlalchemy.orm import Session

from app.clock import to_text
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
from app.engine.world.room import Room
from app.errors import UsageError
from app.events import Event, msgid, parse_msgid
from app.services.history import pages
from app.services.history.search import SearchQuery
from app.services.history.source import HistoryCursor, HistorySource
from app.services.history.visibility import find_first_visible
from app.services.retention.policies import RetentionDefaults, describe_policy, format_days
from app.text.graphemes import split_text
from app.text.local_time import WallClock
from app.text.periods import parse_exact
from app.wire.ctcp import ACTION, DELIMITER
from app.wire.framing import byte_length
from app.wire.names import is_room
from app.wire.numbers import parse_number

SEARCH_FILTERS = ("from", "in", "after", "before", "limit")
COST = 3  # reading a page costs more than a message
DEFAULT_LINES = 10
MAX_LINES = 100


@command("HISTSERV", alias="HS")
def histserv(ctx: ServiceContext, command: str = "", *more: str) -> None:
    """Show the history of rooms and conversations: see `/msg HistServ HELP`. HS is an alias."""
    raise service_context.unknown_command(ctx, command)


@subcommand()
def histserv_help(ctx: ServiceContext, *command: str) -> None:
    """List the commands, or show the syntax of one."""
    service_context.send_help(ctx, *command)


@subcommand(cost=COST)
def histserv_last(ctx: ServiceContext, target: str = "", count: str = "") -> SlowWork:
    """Show the last messages in a room you are in, or with a user: 10 by default, at most 100.

    The target may be omitted while you are in exactly one room.
    """
    if target.isdigit():  # a count, because no nick starts with a digit
        target, count = "", target
    request = _request(ctx, target or _get_only_room(ctx), _parse_count(count))
    open_rooms = rooms_with_open_history(ctx)

    def read(session: Session) -> list[Event]:
        return pages.latest(session, request.find_source(session), request.limit).items

    return read_later(
        ctx, _read_failure(ctx), read, lambda ctx, found: _send_messages(ctx, found, open_rooms)
    )


@subcommand(cost=COST)
def histserv_context(ctx: ServiceContext, message_id: str, count: str = "") -> SlowWork:
    """Show the messages around a message id: 10 by default, at most 100."""
    log_position, limit = _parse_message_id(message_id), _parse_count(count)
    rooms, parties, open_rooms = frozenset(ctx.me.rooms), ctx.me.parties, rooms_with_open_history(ctx)

    def read(session: Session) -> list[Event]:
        message = pages.find_message(session.connection(), log_position)
        if message is None or not may_read(message, rooms, parties[0]):
            raise _unknown_message(message_id)
        source = replace(_source_of(session, message, parties), last=ctx.find_end_of_history())
        if source.first is not None and message.id < source.first.position:
            raise _unknown_message(message_id)
        return pages.around(session, source, limit, HistoryCursor(message.at, message.id)).items

    return read_later(
        ctx, _read_failure(ctx), read, lambda ctx, found: _send_messages(ctx, found, open_rooms)
    )


@subcommand(cost=SEARCH_COST)
def histserv_search(ctx: ServiceContext, *words: str) -> SlowWork:
    """Show the last messages that contain all words: 10 by default, at most 100.

    The words may include the filters `from:anna`, `in:#tea`, `after:2026-11-01`,
    `before:2026-11-30` and `limit:20`. A time is a date, a date and time such as `2026-11-01T10:00`
    in UTC, or a duration before now such as `2h`; a date stands for its start.
    """
    if not words:
        raise FailReply(ctx.verb, "INVALID_PARAMS", text="Missing search words: SEARCH <words>")
    pairs = [word.partition(":")[::2] for word in words]
    filters = {name.lower(): value for name, value in pairs if name.lower() in SEARCH_FILTERS and value}
    text = " ".join(word for word in words if word.partition(":")[0].lower() not in SEARCH_FILTERS)
    since, until = (_parse_time(ctx, filters.get(name)) for name in ("after", "before"))
    query = SearchQuery(text, filters.get("from"), since, until)
    limit = _parse_count(filters.get("limit", ""))
    return start_search(ctx, filters.get("in", ""), query, limit, _read_failure(ctx), _send_results)


@subcommand()
def histserv_retention(ctx: ServiceContext, room: str = "") -> None:
    """Show how long private messages and the history of your rooms, or of one room, are kept."""
    defaults = RetentionDefaults.of(ctx.runtime.settings)
    for found in [_get_joined_room(ctx, room)] if room else ctx.world.rooms_of(ctx.me):
        ctx.respond(describe_policy(found.name, found.retention, defaults))
    ctx.respond(f"Private messages are kept {format_days(defaults.direct_days)}.")


def _get_joined_room(ctx: ServiceContext, name: str) -> Room:
    """Return a room that the caller is in.

    Raises: FailReply.
    """
    room = find_joined_room(ctx, name)
    if room is None:
        raise FailReply(ctx.verb, "INVALID_TARGET", text=f"You are not in {name}")
    return room


def _parse_time(ctx: ServiceContext, word: str | None) -> int | None:
    """Return the start of a date or time, in UTC by default.

    Raises: FailReply when it cannot be parsed.
    """
    if word is None:
        return None
    try:
        period = parse_exact(word, WallClock(ctx.runtime.clock.now(), UTC))
    except UsageError as error:
        raise FailReply("HISTSERV", "INVALID_PARAMS", text=error.sentence) from error
    if period is None:
        text = f"Cannot parse {word} as a time such as 2026-11-22, 2026-11-22T10:00 or 2h"
        raise FailReply("HISTSERV", "INVALID_PARAMS", text=text)
    return period.first


def _send_results(ctx: ServiceContext, found: list[Event]) -> None:
    """Send search results with the room or conversation of each."""
    for event in found:
        parties = f"{event.nick} to {event.target}"
        prefix = parties if event.room is None else f"{ctx.world.rooms[event.room].name} {event.nick}"
        _send_message(ctx, event, prefix)
    ctx.respond("End of results" if found else "No messages found")


def _send_message(ctx: ServiceContext, event: Event, prefix: str) -> None:
    """Send a message, each line and each part of a long line with its time, sender and id."""
    text = event.text or ""
    is_action = text.startswith(ACTION)
    text = text.removeprefix(ACTION).removesuffix(DELIMITER) if is_action else text
    start = f"[{to_text(event.at)}] " + (f"* {prefix} " if is_action else f"{prefix}: ")
    end = f" ({msgid(event.id)})"
    for line in filter(None, text.split("\n")):
        for part in split_text(line, ctx.max_reply_bytes - byte_length(start + end)):
            ctx.respond(f"{start}{part}{end}")


def _source_of(session: Session, message: Event, parties: Sequence[str]) -> HistorySource:
    """Return the part of a message's history that the caller may read."""
    if message.room is None:
        return HistorySource(conversations=(message.conversation or "",))
    first = find_first_visible(session.connection(), [message.room], parties).get(message.room)
    return HistorySource(message.room, first=first)


def _request(ctx: ServiceContext, target: str, limit: int) -> PageRequest:
    """Return the request for a page.

    Raises: FailReply when the caller is not in the room.
    """
    room = _get_joined_room(ctx, target) if is_room(target) else None
    return make_request(ctx, "LAST", target, limit, room)


def _get_only_room(ctx: ServiceContext) -> str:
    rooms = ctx.world.rooms_of(ctx.me)
    if len(rooms) != 1:
        raise FailReply(ctx.verb, "INVALID_TARGET", text="Missing room or nick: LAST <target>")
    return rooms[0].name


def _parse_count(count: str) -> int:
    if not count:
        return DEFAULT_LINES
    lines = parse_number(count)
    if not lines:
        raise FailReply("HISTSERV", "INVALID_PARAMS", text=f"Cannot parse {count} as a number of lines")
    return min(lines, MAX_LINES)


def _parse_message_id(message_id: str) -> int:
    try:
        return parse_msgid(message_id)
    except ValueError as error:
        raise _unknown_message(message_id) from error


def _unknown_message(message_id: str) -> FailReply:
    return FailReply("HISTSERV", "UNKNOWN_MSGID", text=f"No message {message_id} that you may read")


def _read_failure(ctx: ServiceContext) -> FailReply:
    return FailReply(ctx.verb, "MESSAGE_ERROR", text=NOT_RETRIEVED)


def _send_messages(ctx: ServiceContext, found: list[Event], open_rooms: frozenset[int]) -> None:
    """Send the messages that the caller may still see.

    `open_rooms` are the rooms whose history was not hidden when it was read.
    """
    visible = [event for event in found if is_visible(ctx, event, open_rooms)]
    for event in visible:
        _send_message(ctx, event, event.nick)
    ctx.respond("End of results" if visible else "No messages")
