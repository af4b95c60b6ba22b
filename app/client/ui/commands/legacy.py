"""The meanings of `/quit` and `/disconn` in the program that this one replaces.

They are in use if the setting `legacy_commands` is true.
"""

from app.client.ui.command_registry import Rest, command
from app.client.ui.commands.rooms import leave
from app.client.ui.controller import Controller


@command()
def quit_(controller: Controller, reason: Rest | None = None) -> None:
    """Leave the current room. To end the program, use /disconn."""
    leave(controller, controller.room, reason)


@command("exit", "bye", works_offline=True)
def disconn(controller: Controller) -> None:
    """Disconnect and end the program."""
    controller.end()
