"""What people say: PRIVMSG, NOTICE, TAGMSG."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from app.commands.channels.speaking import check_message
from app.commands.context import Context
from app.commands.errors import CommandError, NumericError
from app.commands.messaging.multiline_batch import add_line
from app.commands.registry import command
from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.world.room import Room
from app.engine.world.user import User
from app.events import Event, Kind, is_transient
from app.wire import ctcp, multiline, numerics
from app.wire.framing import byte_length, space_after

T = TypeVar("T", str, None)

_CLIENT_TAG = re.compile(r"\+([A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")  # IRCv3 message-tags, "Format"


@command(writes=True)
def privmsg(ctx: Context, targets: str, text: str = "") -> None:
    """Say something in rooms or to people."""
    if "batch" in ctx.tags:
        add_line(ctx, Kind.PRIVMSG, targets, text)
        return
    _send_to_each(ctx, targets, _send_text, Kind.PRIVMSG, text)


@command(writes=True)
def notice(ctx: Context, targets: str, text: str = "") -> None:
    """Say something that must not be answered by a machine; what can't be delivered is dropped silently."""
    if "batch" in ctx.tags:
        add_line(ctx, Kind.NOTICE, targets, text)
        return
    with suppress(CommandError):
        _send_to_each(ctx, targets, _send_or_drop, Kind.NOTICE, text)


@command(writes=True)
def tagmsg(ctx: Context, targets: str) -> None:
    """Send tags without a text: that you are typing, a reaction."""
    if client_tags(ctx.tags):
        _send_to_each(ctx, targets, deliver, Kind.TAGMSG, None)


def _send_to_each(
    ctx: Context, targets: str, say: Callable[[Context, Kind, str, T], None], kind: Kind, text: T
) -> None:
    """Say something to each target; one refusal does not keep it from the others.

    Raises: Refused when there are too many of them, or they do not go together; and what is the answer to all of it.
    """
    if "," not in targets:
        say(ctx, kind, targets, text)
        return
    names = list(dict.fromkeys(targets.split(",")))
    if len(names) > ctx.runtime.settings.max_targets:
        raise NumericError(numerics.ERR_TOOMANYTARGETS, targets.partition(",")[0])
    if len(names) > 1:
        _check_pseudoclient_is_alone(ctx, names)
    for name in names:
        try:
            say(ctx, kind, name, text)
        except CommandError as answer:
            ctx.send_error(answer)


def _check_pseudoclient_is_alone(ctx: Context, names: Sequence[str]) -> None:
    """Refuse what is said to an attendant and to others at once: they would read a password that is in it."""
    for name in names:
        person = ctx.world.find_user(name)
        if person is not None and person.is_pseudoclient:
            raise _must_be_alone(person)


def _send_text(ctx: Context, kind: Kind, target: str, text: str) -> None:
    if not text:
        raise NumericError(numerics.ERR_NOTEXTTOSEND)
    deliver(ctx, kind, target, text)


def _send_or_drop(ctx: Context, kind: Kind, target: str, text: str) -> None:
    """Say something, or drop it: a refusal would be an answer."""
    with suppress(CommandError):
        _send_text(ctx, kind, target, text)


def deliver(ctx: Context, kind: Kind, target: str, text: str | None, lines: Sequence[int] = ()) -> None:
    """Say something in a room, to those who moderate it, or to somebody; `lines` are those of a multiline message."""
    if text is not None:
        ctx.me.active = ctx.client.heard  # before any guard: who is refused is not idle either
    if target.startswith("#"):
        _send_to_room(ctx, kind, ctx.get_room(target), text, lines)
    elif target.startswith("@#"):
        _send_to_operators(ctx, kind, ctx.get_room(target[1:]), text, lines)
    else:
        _send_to_user(ctx, kind, ctx.get_user(target), text, lines)


def _send_to_room(ctx: Context, kind: Kind, room: Room, text: str | None, lines: Sequence[int]) -> None:
    event = ctx.event(kind, room, target=room.name, text=text, data=_data(ctx, lines))
    check_message(ctx, room, event)
    _emit(ctx, event, room.audience, ctx.client)


def _send_to_operators(ctx: Context, kind: Kind, room: Room, text: str | None, lines: Sequence[int]) -> None:
    """Speak to those who moderate a room (STATUSMSG); it is stored, but not as part of the room's history."""
    event = ctx.event(
        kind, conversation=f"o{room.id}", target="@" + room.name, text=text, data=_data(ctx, lines)
    )
    check_message(ctx, room, event)
    _emit(ctx, event, room.operators(), ctx.client)


def _send_to_user(ctx: Context, kind: Kind, person: User, text: str | None, lines: Sequence[int]) -> None:
    if person.is_pseudoclient:
        _refuse_pseudoclient(kind, person, text)
        return
    me = ctx.me
    parties = sorted({me.party, person.party})
    data = _data(ctx, lines) | {"parties": [me.party, person.party]}
    event = ctx.event(kind, conversation=" ".join(parties), target=person.nick, text=text, data=data)
    author = None if person is me else ctx.client  # who writes to themselves hears it as well
    _emit(ctx, event, Audience([*person.clients, *me.clients]), author)
    if person.away is not None and kind is Kind.PRIVMSG:
        ctx.reply(numerics.RPL_AWAY, person.nick, text=person.away)


def _refuse_pseudoclient(kind: Kind, attendant: User, text: str | None) -> None:
    """Refuse what is no single line to an attendant; to CTCP, notices and tags it says nothing.

    What is said to it alone, in one line, is a command of its own and does not come here.
    """
    if kind is Kind.PRIVMSG and text is not None and not text.startswith(ctcp.DELIMITER):
        raise _must_be_alone(attendant)


def _must_be_alone(attendant: User) -> NumericError:
    refusal = f"Write to {attendant.nick} alone, one line at a time"
    return NumericError(numerics.ERR_TOOMANYTARGETS, attendant.nick, text=refusal)


def _emit(ctx: Context, event: Event, audience: Audience, author: Client | None) -> None:
    """Emit a message, which its author does not hear; the caller's client sees it if it asked for echoes."""
    if event.text is not None:
        _check_length(event, event.text, ctx.runtime.settings.buffer)
    if "echo-message" in ctx.client.caps and (event.text is not None or "message-tags" in ctx.client.caps):
        ctx.send_event(event)
    if is_transient(event):
        ctx.changeset.pass_on(event, audience, author)
    else:
        ctx.changeset.emit(event, audience, author)


def _check_length(event: Event, text: str, most: int) -> None:
    """Refuse what could not be relayed whole: longer than a message may be, or than a line with its source."""
    whole = longest = byte_length(text)
    if "lines" in event.data:
        longest = max(byte_length(line) for line, _ in multiline.split_lines(text, event.data["lines"]))
    if whole > most or longest > space_after(f":{event.source} {event.verb} {event.target} :"):
        raise NumericError(numerics.ERR_INPUTTOOLONG)


def client_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that are passed on: those with a `+`, which are between clients, and a name that can be one."""
    return {name: value for name, value in tags.items() if _CLIENT_TAG.fullmatch(name)}


def _data(ctx: Context, lines: Sequence[int]) -> dict[str, object]:
    tags = client_tags(ctx.tags) if ctx.tags else {}
    data: dict[str, object] = {"tags": tags} if tags else {}
    return data | {"lines": list(lines)} if lines else data
