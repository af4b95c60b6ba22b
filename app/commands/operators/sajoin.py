"""What administrators may do in rooms that they do not moderate: SAJOIN and SAMODE.

Everybody in the room sees it as what it is, a JOIN or a MODE of theirs, and the audit trail tells it apart. Who was
given `o` (`SAMODE #tea +o nick`) does the rest as any other moderator does.
"""

from app.commands.channels import joining, mode
from app.commands.context import Context
from app.commands.registry import command
from app.wire.modes import parse_changes


@command(cost=2, writes=True, admin_only=True)
def sajoin(ctx: Context, channels: str) -> None:
    """Enter rooms whatever keeps others out: bans, keys, limits, invitations."""
    for name in channels.split(","):
        with ctx.continue_on_error():
            joining.join_as_admin(ctx, ctx.get_room(name))


@command(cost=2, writes=True, admin_only=True)
def samode(ctx: Context, channel: str, modes: str, *arguments: str) -> None:
    """Change the modes of a room that you do not moderate, and need not be in: `SAMODE #tea +o anna`."""
    mode.apply_changes(ctx, ctx.get_room(channel), parse_changes(modes, list(arguments)), is_allowed=True)
