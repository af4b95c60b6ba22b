"""Who may speak in a room, and what may be said there. TAGMSG counts as speaking, unless its tags pass in a moment."""

from math import ceil

from app.commands.context import Context
from app.commands.errors import NumericError
from app.engine.world.room import Room
from app.events import Event, is_transient
from app.wire import numerics, word_filter
from app.wire.ctcp import is_request
from app.wire.modes import WORD_FILTER


def check_message(ctx: Context, room: Room, message: Event) -> None:
    """Refuse a message that a room does not take of the caller: for who they are, for what it says, or so soon.

    Who has a role there may say anything, but no CTCP where that is not allowed.

    Raises: Refused with ERR_CANNOTSENDTOCHAN.
    """
    check_text(ctx, room, message.text)
    if "C" in room.modes and message.text is not None and is_request(message.text):
        raise _cannot_send(room, "CTCP is not allowed in this room")
    if room.pause and not is_transient(message) and not room.has_role(ctx.me):
        _check_interval(ctx, room)


def check_text(ctx: Context, room: Room, text: str | None) -> None:
    """Refuse what nobody may hear of the caller in a room, whether it is a message, a topic or a farewell.

    Raises: Refused with ERR_CANNOTSENDTOCHAN.
    """
    me = ctx.me
    if not room.may_speak(me):
        raise _cannot_send(room, numerics.ERR_CANNOTSENDTOCHAN.text)
    if room.has_role(me):
        return
    if "R" in room.modes and me.account is None:
        raise _cannot_send(room, "Only people with an account may speak in this room; log in first")
    if text is not None and room.lists[WORD_FILTER]:
        _check_words(room, text)


def may_send(ctx: Context, room: Room, text: str) -> bool:
    """Whether the caller may be heard in a room with this."""
    try:
        check_text(ctx, room, text)
    except NumericError:
        return False
    return True


def _check_words(room: Room, text: str) -> None:
    heard = word_filter.normalise_text(text)
    if any(entry.word.is_in(heard) for entry in room.lists[WORD_FILTER].values()):
        raise _cannot_send(room, "The message has a word in it that this room does not allow")


def _check_interval(ctx: Context, room: Room) -> None:
    wait = room.speakers.get(ctx.me.party, 0) - ctx.runtime.clock.monotonic()
    if wait > 0:
        seconds = ceil(wait)
        unit = "second" if seconds == 1 else "seconds"
        raise _cannot_send(room, f"This room is slow: you may speak again in {seconds} {unit}")


def _cannot_send(room: Room, text: str) -> NumericError:
    return NumericError(numerics.ERR_CANNOTSENDTOCHAN, room.name, text=text)
