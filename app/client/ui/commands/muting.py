"""Commands for muting rooms and conversations."""

from app.client.ui.command_registry import command
from app.client.ui.controller import Controller
from app.client.ui.name_list import change_list


@command(works_offline=True)
def mute(controller: Controller, room: str | None = None) -> None:
    """Stop notifications from a room or conversation. Default: the current one.

    /mute       mute the current room or conversation
    /mute #tea  mute another one

    Its messages are still shown, and the choice is remembered. The answer lists what is muted.
    """
    name = room or controller.room
    change_list(controller.muted.add, name)
    controller.notify(f"{name} does not notify you any more. Muted: {', '.join(controller.muted.entries)}")


@command(works_offline=True)
def unmute(controller: Controller, room: str | None = None) -> None:
    """Let a room or conversation notify you again. Default: the current one."""
    name = room or controller.room
    change_list(controller.muted.remove, name)
    controller.notify(f"{name} notifies you again.")
