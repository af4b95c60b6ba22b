"""Room renaming: RENAME (https://ircv3.net/specs/extensions/channel-rename).

Clients without the capability receive a PART of the old name and a JOIN of the new one.
"""

from math import ceil

from app.commands.channels.join_burst import send_burst
from app.commands.context import Context
from app.commands.errors import FailReply, NumericError
from app.commands.registry import command
from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.world.room import Room
from app.engine.world.user import User
from app.events import Event, Kind
from app.events.data import JoinedData, RenamedData
from app.services.rooms.administration import AUTO_JOIN_REFUSAL, is_auto_joined
from app.text.graphemes import truncate_characters
from app.wire import numerics
from app.wire.name_rules import InvalidName, check_room
from app.wire.names import fold

CAPABILITY = "draft/channel-rename"
RENAME_INTERVAL_SECONDS = 60  # per room; every rename sends bursts to members


@command(writes=True, cost=5)
def rename(ctx: Context, channel: str, name: str, reason: str = "") -> None:
    """Rename a room that you moderate, keeping its members, modes and history.

    A room can be renamed once a minute. Only administrators can rename the server's own rooms.
    """
    room = ctx.get_moderated_room(channel)
    if room.official and not ctx.me.is_admin:
        raise NumericError(numerics.ERR_NOPRIVILEGES)
    new = _validate_name(ctx, room, name)
    if new == room.name:
        return
    shown_reason = truncate_characters(reason, ctx.runtime.settings.topic_length)
    event = ctx.event(Kind.RENAMED, room, target=room.name, text=shown_reason, data=RenamedData(new))
    if CAPABILITY in ctx.client.caps:
        ctx.emit(event)
    else:
        ctx.emit_without_reply(event)
    emulate_rename(ctx.runtime, ctx.changeset, room, event, ctx)


def _validate_name(ctx: Context, room: Room, name: str) -> str:
    """Return the normalised new name.

    Raises: FailReply when the name is invalid or in use, or the room may not be renamed now.
    """
    try:
        new = check_room(name, ctx.runtime.settings.room_length)
    except InvalidName as error:
        raise _failed("CANNOT_RENAME", room, name, text=error.reason) from error
    if ctx.world.find_room(new) not in (None, room):
        raise _failed("CHANNEL_NAME_IN_USE", room, new, text="Another room already has this name")
    if room.key != fold(new) and is_auto_joined(room.key, ctx.runtime.settings.auto_join):
        raise _failed("CANNOT_RENAME", room, new, text=AUTO_JOIN_REFUSAL)
    wait = (
        RENAME_INTERVAL_SECONDS - (ctx.runtime.clock.monotonic() - room.renamed)
        if room.renamed is not None
        else 0
    )
    if wait > 0:
        text = f"This room was renamed recently; wait {ceil(wait)} seconds"
        raise _failed("CANNOT_RENAME", room, new, text=text)
    return new


def emulate_rename(
    runtime: Runtime, changeset: Changeset, room: Room, event: Event, author: Context | None = None
) -> None:
    """Send clients without the capability a PART of the old name and a JOIN of the new one.

    They receive nothing if only the case of ASCII letters changes, because names are
    case-insensitive.
    """
    old = event.target or ""
    if old.encode().lower() == RenamedData.of(event).to.encode().lower():  # compares as CASEMAPPING=ascii
        return
    for member in room.members.values():
        for client in member.user.clients:
            if CAPABILITY in client.caps:
                continue
            is_author = author is not None and client is author.client
            ctx = author if author is not None and is_author else Context(runtime, changeset, client)
            _send_part_and_join(ctx, room, member.user, old, event.text or "")


def _send_part_and_join(ctx: Context, room: Room, me: User, old: str, reason: str) -> None:
    now = ctx.runtime.clock.now()
    ctx.send_event(me.event(Kind.PARTED, room.id, target=old, text=reason, at=now))
    joined = me.event(Kind.JOINED, room.id, target=room.name, data=JoinedData(me.realname), at=now)
    send_burst(ctx, room, joined)


def _failed(code: str, room: Room, name: str, text: str) -> FailReply:
    return FailReply("RENAME", code, room.name, name, text=text)
