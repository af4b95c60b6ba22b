"""Commands for the program itself, and for all of the user's connection."""

from app.client.ui.command_registry import command
from app.client.ui.controller import Controller
from app.text.columns import align


@command(works_offline=True)
def help_(controller: Controller, command: str | None = None) -> None:
    """List all commands, or show the help for one."""
    if command:
        found = controller.commands.get(command.removeprefix("/"), controller.state)
        controller.notify(found.usage)
        for line in found.help.splitlines():
            controller.notify(f"  {line}")
        return
    available = [entry for entry in controller.commands if entry.is_available(controller.state)]
    rows = [(entry.usage, entry.summary) for entry in available]
    rows.append(("//TEXT ...", "Send a message that begins with a slash."))
    for line in align(rows):
        controller.notify(line)


@command(works_offline=True)
def disconn(controller: Controller) -> None:
    """Disconnect and end the program."""
    controller.end()
