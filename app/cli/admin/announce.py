"""chat-admin announce."""

from typing import Annotated

import typer

from app.cli.admin.asking import one_line
from app.cli.admin.context import AdminContext
from app.services import moderation
from app.services.admin_changes import AdminChange, Administrator
from app.services.presence import list_online_sessions

MAX_TEXT_LENGTH = 400  # characters; with what stands before it, one IRC line


def announce(
    context: AdminContext,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What everybody is told; one line.")],
) -> None:
    """Tell everybody who is online something."""
    text = one_line(text, "announcement", MAX_TEXT_LENGTH)
    listeners = 0

    def decide(admin: Administrator) -> AdminChange:
        nonlocal listeners
        listeners = len(list_online_sessions(admin.session))
        return moderation.announce(admin, text)

    context.change(decide)
    context.out.done(f"Announced; {listeners} online.", text=text, online=listeners)
