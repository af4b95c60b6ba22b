"""History requests: CHATHISTORY (https://ircv3.net/specs/extensions/chathistory).

This module parses requests and checks permissions; `playback` reads and sends the pages.
"""

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
    read_page,
)
from app.commands.chathistory.targets import read_targets
from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.registry import command, subcommand
from app.engine.submission_unit import SlowWork
from app.events import parse_msgid
from app.services.history import pages
from app.wire.name_rules import InvalidName, check_nick
from app.wire.names import MAX_NICK_BYTES, is_room
from app.wire.numbers import parse_number

COST = 3  # reading a page costs more than a message


@command("CHATHISTORY", cost=COST)
def chathistory(ctx: Context, subcommand: str = "", *more: str) -> None:
    """Request history with LATEST, BEFORE, AFTER, AROUND, BETWEEN or TARGETS.

    A reference is `msgid=...` or `timestamp=2026-11-22T12:00:05.123Z`. The limit is a number of
    messages, at most the setting `history_limit`.
    """
    if not subcommand:
        raise _missing_parameters("*")
    raise failed("INVALID_PARAMS", subcommand, text="Unknown subcommand")


@subcommand(cost=COST)
def chathistory_latest(ctx: Context, target: str = "", reference: str = "", limit: str = "") -> SlowWork:
    """Show the latest messages, optionally only those after a reference; `*` means no reference."""
    request = _parse_request(ctx, "LATEST", target, limit)
    references = [] if reference == "*" else [_parse_reference(request, reference)]
    return read_page(ctx, request, pages.latest, *references)


@subcommand(cost=COST)
def chathistory_before(ctx: Context, target: str = "", reference: str = "", limit: str = "") -> SlowWork:
    """Show the latest messages before a reference."""
    request = _parse_request(ctx, "BEFORE", target, limit)
    return read_page(ctx, request, pages.before, _parse_reference(request, reference))


@subcommand(cost=COST)
def chathistory_after(ctx: Context, target: str = "", reference: str = "", limit: str = "") -> SlowWork:
    """Show the earliest messages after a reference."""
    request = _parse_request(ctx, "AFTER", target, limit)
    return read_page(ctx, request, pages.after, _parse_reference(request, reference))


@subcommand(cost=COST)
def chathistory_around(ctx: Context, target: str = "", reference: str = "", limit: str = "") -> SlowWork:
    """Show the messages around a reference, including it."""
    request = _parse_request(ctx, "AROUND", target, limit)
    return read_page(ctx, request, pages.around, _parse_reference(request, reference))


@subcommand(cost=COST)
def chathistory_between(
    ctx: Context, target: str = "", first: str = "", last: str = "", limit: str = ""
) -> SlowWork:
    """Show the messages between two references, starting at the first."""
    request = _parse_request(ctx, "BETWEEN", target, limit)
    return read_page(
        ctx, request, pages.between, _parse_reference(request, first), _parse_reference(request, last)
    )


@subcommand(cost=COST)
def chathistory_targets(ctx: Context, first: str = "", last: str = "", limit: str = "") -> SlowWork:
    """List the rooms and users whose latest message is between two timestamps.

    The rooms are those you are in and, before you join them, those your account was last in.
    """
    if not limit:
        raise _missing_parameters("TARGETS")
    maximum = _parse_limit(ctx, "TARGETS", limit)
    begin, end = _parse_timestamp("TARGETS", first), _parse_timestamp("TARGETS", last)
    return read_targets(ctx, maximum, begin, end)


# Parsing


def _parse_request(ctx: Context, word: str, target: str, limit: str) -> PageRequest:
    """Return the request for a target and a limit.

    Raises: FailReply when a parameter is missing or malformed, or the caller may not
    read the target.
    """
    if not limit:
        raise _missing_parameters(word)
    maximum = _parse_limit(ctx, word, limit)
    room = get_joined_room(ctx, word, target) if is_room(target) else None
    if room is None:
        _check_nick(word, target)
    return make_request(ctx, word, target, maximum, room, playback_kinds(ctx))


def _check_nick(word: str, nick: str) -> None:
    """Check that the target is a valid nick.

    Raises: FailReply with INVALID_TARGET.
    """
    try:
        check_nick(nick, MAX_NICK_BYTES)
    except InvalidName as error:
        raise failed("INVALID_TARGET", word, nick, text=NOT_RETRIEVED) from error


def _parse_limit(ctx: Context, word: str, limit: str) -> int:
    requested = parse_number(limit)
    if requested is None:
        raise failed("INVALID_PARAMS", word, limit, text="The limit must be a number")
    return min(requested, ctx.runtime.settings.history_limit)


def _parse_reference(request: PageRequest, word: str) -> Reference:
    """Parse a message reference.

    Raises: FailReply when its type is unknown or its value is malformed.
    """
    name, equals, value = word.partition("=")
    if equals and name == "timestamp":
        return Reference(word, instant=_parse_timestamp(request.word, word))
    if equals and name == "msgid":
        return Reference(word, position=_parse_msgid(request, word, value))
    if not equals:
        raise failed(
            "INVALID_PARAMS", request.word, word, text="A reference must be msgid=ID or timestamp=TIME"
        )
    text = "A reference must be msgid=ID or timestamp=TIME"
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
        return parse_msgid(message_id)
    except ValueError as error:
        raise not_retrieved(request, word) from error


def _missing_parameters(subcommand: str) -> FailReply:
    return failed("INVALID_PARAMS", subcommand, text="Insufficient parameters")
