"""chat-admin announce: send a notice to all online users."""

from typing import Annotated

import typer

from app.cli.admin.context import AdminContext
from app.cli.admin.prompts import one_line
from app.services.administration import moderation
from app.services.administration.admin_changes import AdminChange, Administrator
from app.services.users.presence import list_online_sessions

MAX_TEXT_LENGTH = 400  # characters; leaves room for the prefix in one IRC line


def announce(
    context: AdminContext,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Text of the announcement, one line.")],
) -> None:
    """Send a notice to all online users."""
    text = one_line(text, "announcement", MAX_TEXT_LENGTH)
    online = 0

    def decide(admin: Administrator) -> AdminChange:
        nonlocal online
        online = len(list_online_sessions(admin.session))
        return moderation.announce(admin, text)

    context.change(decide)
    context.out.done(f"Announced to {online} online users.", text=text, online=online)
