"""Asking for the past: CHATHISTORY and its family (IRCv3 draft/chathistory).

Here is what may be asked, and by whom; `playback` reads the pages and shows them.
"""

from sqlalchemy.orm import Session

from app.clock import from_iso
from app.commands.chathistory.playback import (
    NOT_RETRIEVED,
    PageRequest,
    Reference,
    failed,
    get_joined_room,
    make_request,
    not_retrieved,
    playback_kinds,
    read_later,
    read_page,
    send_targets,
)
from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.registry import command, subcommand
from app.engine.submission_unit import SlowWork
from app.events import position
from app.services import pages
from app.services.pages import ConversationTarget
from app.services.visibility import find_first_visible
from app.wire.names import MAX_NICK_BYTES, InvalidName, check_nick, is_room
from app.wire.numbers import parse_number

COST = 3  # a page is heavier than a line


@command("CHATHISTORY", cost=COST)
def chathistory(ctx: Context, subcommand: str = "", *more: str) -> None:
    """Read what was said before: LATEST, BEFORE, AFTER, AROUND, BETWEEN, TARGETS.

    A place is `msgid=...` or `timestamp=2026-11-22T12:00:05.123Z`.
    """
    if not subcommand:
        raise _missing_parameters("*")
    raise failed("INVALID_PARAMS", subcommand, text="Unknown command")


@subcommand(cost=COST)
def chathistory_latest(ctx: Context, target: str = "", reference: str = "", limit: str = "") -> SlowWork:
    """Show the last messages: all there are with `*`, else those after a place."""
    request = _parse_request(ctx, "LATEST", target, limit)
    marks = [] if reference == "*" else [_parse_reference(request, reference)]
    return read_page(ctx, request, pages.latest, *marks)


@subcommand(cost=COST)
def chathistory_before(ctx: Context, target: str = "", reference: str = "", limit: str = "") -> SlowWork:
    """Show the last messages before a place."""
    request = _parse_request(ctx, "BEFORE", target, limit)
    return read_page(ctx, request, pages.before, _parse_reference(request, reference))


@subcommand(cost=COST)
def chathistory_after(ctx: Context, target: str = "", reference: str = "", limit: str = "") -> SlowWork:
    """Show the first messages after a place."""
    request = _parse_request(ctx, "AFTER", target, limit)
    return read_page(ctx, request, pages.after, _parse_reference(request, reference))


@subcommand(cost=COST)
def chathistory_around(ctx: Context, target: str = "", reference: str = "", limit: str = "") -> SlowWork:
    """Show the messages around a place."""
    request = _parse_request(ctx, "AROUND", target, limit)
    return read_page(ctx, request, pages.around, _parse_reference(request, reference))


@subcommand(cost=COST)
def chathistory_between(
    ctx: Context, target: str = "", first: str = "", last: str = "", limit: str = ""
) -> SlowWork:
    """Show the messages between two places, counted from the first one."""
    request = _parse_request(ctx, "BETWEEN", target, limit)
    return read_page(
        ctx, request, pages.between, _parse_reference(request, first), _parse_reference(request, last)
    )


@subcommand(cost=COST)
def chathistory_targets(ctx: Context, first: str = "", last: str = "", limit: str = "") -> SlowWork:
    """Show in which rooms, and with whom, the latest message is between two instants."""
    if not limit:
        raise _missing_parameters("TARGETS")
    most = _parse_limit(ctx, "TARGETS", limit)
    begin, end = _parse_timestamp("TARGETS", first), _parse_timestamp("TARGETS", last)
    rooms = {room.id: room.name for room in ctx.world.rooms_of(ctx.me)}
    parties = ctx.me.parties

    def work(session: Session) -> list[ConversationTarget]:
        visible = find_first_visible(session.connection(), rooms, parties)
        return pages.list_targets(session, rooms, parties[0], most, begin, end, visible)

    failure = failed("MESSAGE_ERROR", "TARGETS", text=NOT_RETRIEVED)
    return read_later(ctx, failure, work, send_targets)


# Guards


def _parse_request(ctx: Context, word: str, target: str, limit: str) -> PageRequest:
    """Return what is asked for.

    Raises: Failed when it is not complete, or not the caller's to see.
    """
    if not limit:
        raise _missing_parameters(word)
    most = _parse_limit(ctx, word, limit)
    room = get_joined_room(ctx, word, target) if is_room(target) else None
    if room is None:
        _check_nick(word, target)
    return make_request(ctx, word, target, most, room, playback_kinds(ctx))


def _check_nick(word: str, nick: str) -> None:
    """Refuse a nick that nobody can ever have had.

    Raises: Failed.
    """
    try:
        check_nick(nick, MAX_NICK_BYTES)
    except InvalidName as refusal:
        raise failed("INVALID_TARGET", word, nick, text=NOT_RETRIEVED) from refusal


def _parse_limit(ctx: Context, word: str, limit: str) -> int:
    wanted = parse_number(limit)
    if wanted is None:
        raise failed("INVALID_PARAMS", word, limit, text="Invalid limit")
    return min(wanted, ctx.runtime.settings.history_limit)


def _parse_reference(request: PageRequest, word: str) -> Reference:
    """Read a place.

    Raises: Failed when it is of no known type, or not written as that type is.
    """
    name, equals, value = word.partition("=")
    if equals and name == "timestamp":
        return Reference(word, instant=_parse_timestamp(request.word, word))
    if equals and name == "msgid":
        return Reference(word, position=_parse_msgid(request, word, value))
    if not equals:
        raise failed("INVALID_PARAMS", request.word, word, text="Invalid message reference")
    text = "References are msgid= or timestamp="
    raise failed("INVALID_MSGREFTYPE", request.word, request.target, word, text=text)


def _parse_timestamp(subcommand: str, word: str) -> int:
    try:
        if not word.startswith("timestamp="):
            raise ValueError(word)
        return from_iso(word.removeprefix("timestamp="))
    except ValueError as error:
        raise failed("INVALID_PARAMS", subcommand, word, text="Invalid timestamp") from error


def _parse_msgid(request: PageRequest, word: str, message_id: str) -> int:
    try:
        return position(message_id)
    except ValueError as error:
        raise not_retrieved(request, word) from error


def _missing_parameters(subcommand: str) -> FailReply:
    return failed("INVALID_PARAMS", subcommand, text="Insufficient parameters")
