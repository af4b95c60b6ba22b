"""Checks whether a client may send to a room.

A TAGMSG counts as a message, except that slow mode (+W) exempts transient tags such as +typing.
"""

from math import ceil

from app.commands.context import Context
from app.commands.errors import NumericError
from app.engine.world.room import Room
from app.events import Event, is_transient
from app.wire import numerics
from app.wire.ctcp import is_request


def check_message(ctx: Context, room: Room, message: Event) -> None:
    """Check a message against the room's modes and lists.

    Members with a role are exempt from all checks except +C.

    Raises: NumericError with ERR_CANNOTSENDTOCHAN.
    """
    check_text(ctx, room, message.text)
    if "C" in room.modes and message.text is not None and is_request(message.text):
        raise _cannot_send(room, "CTCP is not allowed in this room (+C)")
    if room.slow_mode_seconds and not is_transient(message) and not room.has_role(ctx.me):
        _check_interval(ctx, room)


def check_text(ctx: Context, room: Room, text: str | None) -> None:
    """Check that the caller may send a text to a room: a message, a topic or a part reason.

    Raises: NumericError with ERR_CANNOTSENDTOCHAN.
    """
    me = ctx.me
    if not room.may_speak(me):
        raise _cannot_send(room, numerics.ERR_CANNOTSENDTOCHAN.text)
    if room.has_role(me):
        return
    if "R" in room.modes and me.account is None:
        raise _cannot_send(room, "Log in to an account to speak in this room (+R)")
    if text is not None and room.forbids(text):
        raise _cannot_send(room, "The message contains a word that this room forbids (+g)")


def may_send(ctx: Context, room: Room, text: str) -> bool:
    """Return whether the caller may send a text to a room."""
    try:
        check_text(ctx, room, text)
    except NumericError:
        return False
    return True


def _check_interval(ctx: Context, room: Room) -> None:
    wait = room.may_speak_at.get(ctx.me.party, 0) - ctx.runtime.clock.monotonic()
    if wait > 0:
        seconds = ceil(wait)
        unit = "second" if seconds == 1 else "seconds"
        raise _cannot_send(room, f"This room is in slow mode (+W); wait {seconds} {unit}")


def _cannot_send(room: Room, text: str) -> NumericError:
    return NumericError(numerics.ERR_CANNOTSENDTOCHAN, room.name, text=text)
