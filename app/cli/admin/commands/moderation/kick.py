"""chat-admin kick: disconnect a user, or remove them from a room."""

from typing import Annotated

import typer

from app.cli.admin.completion import complete_rooms
from app.cli.admin.context import AdminContext
from app.cli.admin.prompts import one_line
from app.services.administration import moderation

MAX_REASON_LENGTH = 300  # characters


def kick(
    context: AdminContext,
    nick: Annotated[str, typer.Argument(metavar="NICK", help="Nick or account of an online user.")],
    room: Annotated[
        str | None,
        typer.Option(
            "--room",
            "-r",
            metavar="ROOM",
            help="Remove from this room only.",
            autocompletion=complete_rooms,
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Reason shown to the user.")
    ] = "Kicked",
) -> None:
    """Disconnect a user, or remove them from one room. To keep them out, use `ban add`."""
    reason = one_line(reason, "reason", MAX_REASON_LENGTH)
    if room is None:
        context.change(lambda admin: moderation.kill_user(admin, nick, reason))
    else:
        context.change(lambda admin: moderation.kick_user(admin, nick, room, reason))
    sentence = f"Disconnected {nick}." if room is None else f"Removed {nick} from {room}."
    context.out.done(sentence, nick=nick, room=room, reason=reason)
