"""Messages: PRIVMSG, NOTICE and TAGMSG."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from app.commands.channels.speaking import check_message
from app.commands.context import Context
from app.commands.errors import CommandError, NumericError
from app.commands.messaging.multiline_batch import add_line
from app.commands.registry import command
from app.engine.delivery.client import Client
from app.engine.world.room import Room
from app.engine.world.user import User
from app.events import Event, Kind, is_transient
from app.events.data import MessageData
from app.wire import ctcp, multiline, numerics
from app.wire.framing import byte_length, space_after

T = TypeVar("T", str, None)

_CLIENT_TAG = re.compile(r"\+([A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")  # IRCv3 message-tags, "Format"


@command(writes=True)
def privmsg(ctx: Context, targets: str, text: str = "") -> None:
    """Send a message to rooms or users.

    The targets are a comma-separated list, at most `max_targets`; `@#room` addresses the operators
    of a room.
    """
    if "batch" in ctx.tags:
        add_line(ctx, Kind.PRIVMSG, targets, text)
        return
    _send_to_each(ctx, targets, _send_text, Kind.PRIVMSG, text)


@command(writes=True)
def notice(ctx: Context, targets: str, text: str = "") -> None:
    """Send a message that must not be answered automatically.

    It is dropped silently if it cannot be delivered.
    """
    if "batch" in ctx.tags:
        add_line(ctx, Kind.NOTICE, targets, text)
        return
    with suppress(CommandError):
        _send_to_each(ctx, targets, _send_or_drop, Kind.NOTICE, text)


@command(writes=True)
def tagmsg(ctx: Context, targets: str) -> None:
    """Send client-only tags without text, such as typing notifications and reactions."""
    if client_tags(ctx.tags):
        _send_to_each(ctx, targets, deliver, Kind.TAGMSG, None)


def _send_to_each(
    ctx: Context, targets: str, send: Callable[[Context, Kind, str, T], None], kind: Kind, text: T
) -> None:
    """Send to each target; an error for one target does not affect the others.

    Raises: CommandError when there are too many targets, a service is among several, or the only
    target is refused.
    """
    if "," not in targets:
        send(ctx, kind, targets, text)
        return
    names = list(dict.fromkeys(targets.split(",")))
    if len(names) > ctx.runtime.settings.max_targets:
        raise NumericError(numerics.ERR_TOOMANYTARGETS, targets.partition(",")[0])
    if len(names) > 1:
        _check_pseudoclient_is_alone(ctx, names)
    for name in names:
        try:
            send(ctx, kind, name, text)
        except CommandError as error:
            ctx.send_error(error)


def _check_pseudoclient_is_alone(ctx: Context, names: Sequence[str]) -> None:
    """Refuse a message to a service along with other targets: it may contain a password."""
    for name in names:
        user = ctx.world.find_user(name)
        if user is not None and user.is_pseudoclient:
            raise _must_be_alone(user)


def _send_text(ctx: Context, kind: Kind, target: str, text: str) -> None:
    if not text:
        raise NumericError(numerics.ERR_NOTEXTTOSEND)
    deliver(ctx, kind, target, text)


def _send_or_drop(ctx: Context, kind: Kind, target: str, text: str) -> None:
    """Send a NOTICE, dropping errors: RFC 1459 section 4.4.2 forbids replies to it."""
    with suppress(CommandError):
        _send_text(ctx, kind, target, text)


def deliver(ctx: Context, kind: Kind, target: str, text: str | None, lines: Sequence[int] = ()) -> None:
    """Deliver a message to a room, its operators or a user.

    `lines` holds the lengths of the lines of a multiline message.
    """
    if target.startswith("#"):
        _send_to_room(ctx, kind, ctx.get_room(target), text, lines)
    elif target.startswith("@#"):
        _send_to_operators(ctx, kind, ctx.get_room(target[1:]), text, lines)
    else:
        _send_to_user(ctx, kind, ctx.get_user(target), text, lines)


def _send_to_room(ctx: Context, kind: Kind, room: Room, text: str | None, lines: Sequence[int]) -> None:
    event = ctx.event(kind, room, target=room.name, text=text, data=_data(ctx, lines))
    check_message(ctx, room, event)
    _emit(ctx, event, ctx.client)


def _send_to_operators(ctx: Context, kind: Kind, room: Room, text: str | None, lines: Sequence[int]) -> None:
    """Send to a room's operators (STATUSMSG); stored, but not as part of the room's history."""
    event = ctx.event(
        kind, conversation=f"o{room.id}", target="@" + room.name, text=text, data=_data(ctx, lines)
    )
    check_message(ctx, room, event)
    _emit(ctx, event, ctx.client)


def _send_to_user(ctx: Context, kind: Kind, user: User, text: str | None, lines: Sequence[int]) -> None:
    if user.is_pseudoclient:
        _refuse_pseudoclient(kind, user, text)
        return
    me = ctx.me
    parties = sorted({me.party, user.party})
    data = replace(_data(ctx, lines) or MessageData(), parties=[me.party, user.party])
    event = ctx.event(kind, conversation=" ".join(parties), target=user.nick, text=text, data=data)
    author = None if user is me else ctx.client  # a message to oneself is delivered back
    _emit(ctx, event, author)
    if user.away is not None and kind is Kind.PRIVMSG:
        ctx.reply(numerics.RPL_AWAY, user.nick, text=user.away)


def _refuse_pseudoclient(kind: Kind, service: User, text: str | None) -> None:
    """Refuse a multiline message to a service; ignore CTCP, notices and tags.

    A single line to a service is dispatched as a command and does not get here.
    """
    if kind is Kind.PRIVMSG and text is not None and not text.startswith(ctcp.DELIMITER):
        raise _must_be_alone(service)


def _must_be_alone(service: User) -> NumericError:
    refusal = f"Send messages to {service.nick} separately, one line at a time"
    return NumericError(numerics.ERR_TOOMANYTARGETS, service.nick, text=refusal)


def _emit(ctx: Context, event: Event, author: Client | None) -> None:
    """Emit a message; its author receives it only with echo-message."""
    if event.text is not None:
        _check_length(event, event.text, ctx.runtime.settings.buffer)
    if "echo-message" in ctx.client.caps and (event.text is not None or "message-tags" in ctx.client.caps):
        ctx.send_event(event)
    if is_transient(event):
        ctx.changeset.emit_transient(event, author)
    else:
        ctx.changeset.emit(event, author)


def _check_length(event: Event, text: str, max_bytes: int) -> None:
    """Refuse a message over the limit, or with a line too long to relay with its source."""
    space = space_after(f":{event.source} {event.verb} {event.target} :")
    total = longest = byte_length(text)
    if isinstance(event.data, MessageData) and event.data.lines:
        longest = max(byte_length(line) for line, _ in multiline.split_lines(text, event.data.lines))
    if total > max_bytes or longest > space:
        raise NumericError(numerics.ERR_INPUTTOOLONG)


def client_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the client-only tags with valid names; only these are relayed."""
    return {name: value for name, value in tags.items() if _CLIENT_TAG.fullmatch(name)}


def _data(ctx: Context, lines: Sequence[int]) -> MessageData | None:
    tags = client_tags(ctx.tags) if ctx.tags else {}
    return MessageData(list(lines) or None, tags=tags or None) if tags or lines else None
