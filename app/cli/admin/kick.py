"""chat-admin kick."""

from typing import Annotated

import typer

from app.cli.admin.asking import one_line
from app.cli.admin.context import AdminContext
from app.services import moderation

MAX_REASON_LENGTH = 300  # characters


def kick(
    context: AdminContext,
    nick: Annotated[str, typer.Argument(metavar="NICK", help="Nick or account of who is online.")],
    room: Annotated[
        str | None, typer.Option("--room", "-r", metavar="ROOM", help="Put out of this room only.")
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="What the person is told.")
    ] = "Kicked",
) -> None:
    """Disconnect somebody, or put them out of one room. They may come back; see `ban add`."""
    reason = one_line(reason, "reason", MAX_REASON_LENGTH)
    if room is None:
        context.change(lambda admin: moderation.kill_user(admin, nick, reason))
    else:
        context.change(lambda admin: moderation.kick_user(admin, nick, room, reason))
    place = "the server" if room is None else room
    context.out.done(f"{nick} is put out of {place}.", nick=nick, room=room, reason=reason)
