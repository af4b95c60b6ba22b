"""chat-admin announce."""

from typing import Annotated

import typer

from app.cli.admin.asking import one_line
from app.cli.admin.desk import Desk
from app.services import moderation
from app.services.admin_changes import Administrator, Change
from app.services.presence import online

TEXT_LENGTH = 400  # characters; with what stands before it, one IRC line


def announce(
    desk: Desk,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What everybody is told; one line.")],
) -> None:
    """Tell everybody who is online something."""
    text = one_line(text, "announcement", TEXT_LENGTH)
    listeners = 0

    def decide(admin: Administrator) -> Change:
        nonlocal listeners
        listeners = len(online(admin.session))
        return moderation.announced(admin, text)

    desk.change(decide)
    desk.out.done(f"Announced; {listeners} online.", text=text, online=listeners)
