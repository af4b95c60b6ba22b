"""Departure from rooms: PART and `JOIN 0`."""

from app.commands.channels.speaking import may_send
from app.commands.context import Context
from app.commands.registry import command
from app.engine.world.room import Room
from app.events import Kind


@command(writes=True)
def part(ctx: Context, channels: str, reason: str = "") -> None:
    """Leave rooms. The reason is dropped if you may not speak in the room."""
    for name in channels.split(","):
        with ctx.continue_on_error():
            _leave(ctx, ctx.get_joined_room(name), reason)


def leave_all(ctx: Context) -> None:
    """Leave every room (`JOIN 0`)."""
    for room in ctx.world.rooms_of(ctx.me):
        _leave(ctx, room, "")


def _leave(ctx: Context, room: Room, reason: str) -> None:
    shown = reason if may_send(ctx, room, reason) else ""
    ctx.emit(ctx.event(Kind.PARTED, room, target=room.name, text=shown))
