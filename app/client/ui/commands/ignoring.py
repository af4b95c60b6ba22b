"""Commands for ignoring users."""

from app.client.ui.command_registry import command
from app.client.ui.controller import Controller
from app.client.ui.name_list import change_list
from app.errors import UsageError


@command(works_offline=True)
def ignore(controller: Controller, user: str | None = None) -> None:
    """Hide a user's messages, also after the next start, or list the ignored users.

    /ignore                    list the ignored users
    /ignore walt               by nick and account
    /ignore *!*@*.example.org  by mask

    The user does not notice. Your other clients still show the messages.
    """
    entries = controller.ignored.entries
    if user is None:
        controller.notify(f"Ignored: {', '.join(entries)}" if entries else "Nobody is ignored.")
        return
    if controller.state.is_me(user):
        raise UsageError("You cannot ignore yourself.")
    change_list(controller.ignored.add, user)
    controller.notify(f"What {user} writes is no longer shown. To undo it: /unignore {user}")


@command(works_offline=True)
def unignore(controller: Controller, user: str) -> None:
    """Show a user's messages again."""
    change_list(controller.ignored.remove, user)
    controller.notify(f"What {user} writes is shown again.")
