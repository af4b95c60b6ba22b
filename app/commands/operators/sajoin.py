"""SAJOIN and SAMODE, by which administrators override the restrictions of a room.

The room sees an ordinary JOIN or MODE by the administrator; the audit log records the override. For
other actions, administrators first make themselves operator (`SAMODE #tea +o nick`).
"""

from app.commands.channels import joining, mode
from app.commands.context import Context
from app.commands.registry import command
from app.wire.modes import parse_changes


@command(cost=2, writes=True, admin_only=True)
def sajoin(ctx: Context, channels: str) -> None:
    """Join existing rooms regardless of bans, keys, limits and invitations."""
    for name in channels.split(","):
        with ctx.continue_on_error():
            joining.join_as_admin(ctx, ctx.get_room(name))


@command(cost=2, writes=True, admin_only=True)
def samode(ctx: Context, channel: str, modes: str, *arguments: str) -> None:
    """Change the modes of any room, even one that you are not in: `SAMODE #tea +o anna`."""
    mode.apply_changes(ctx, ctx.get_room(channel), parse_changes(modes, list(arguments)), is_allowed=True)
