"""Commands for the program itself and its connection."""

from app.client.protocol import intents
from app.client.ui.command_registry import Rest, SlashCommand, command
from app.client.ui.controller import Controller
from app.text.columns import align


@command("h", works_offline=True)
def help_(controller: Controller, command: str | None = None) -> None:
    """List all commands, or show the help for one."""
    if command:
        found = controller.commands.get(command.removeprefix("/"), controller.state)
        controller.notify(found.names)
        for line in found.help.splitlines():
            controller.notify(f"  {line}")
        return
    groups = {
        title: [entry for entry in entries if entry.is_available(controller.state)]
        for title, entries in controller.commands.groups.items()
    }
    rows = [_describe(entry) for entries in groups.values() for entry in entries]
    lines = iter(align([*rows, ("  //TEXT ...", "Send a message that begins with a slash.")]))
    for title, entries in groups.items():
        controller.notify(f"{title}:")
        for _ in entries:
            controller.notify(next(lines))
    controller.notify(next(lines))


def _describe(entry: SlashCommand) -> tuple[str, str]:
    """Return the row about a command in the list of all commands."""
    aliases = ", ".join(f"/{alias}" for alias in entry.aliases)
    return f"  {entry.usage}", f"{entry.summary}{f' ({aliases})' * bool(aliases)}"


@command("exit", "bye", "disconn", works_offline=True)
def quit_(controller: Controller, reason: Rest | None = None) -> None:
    """Disconnect and end the program. To leave a room, use /part."""
    controller.end(reason or "Goodbye")


@command("raw")
def quote(controller: Controller, line: Rest) -> None:
    """Send a line to the server as it is, for commands that this program lacks."""
    controller.driver.execute(intents.send_raw, line)
