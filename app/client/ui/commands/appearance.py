"""The command for the theme of the full screen."""

from app.client.ui.command_registry import command
from app.client.ui.controller import Controller
from app.errors import UsageError


@command(works_offline=True)
def theme(controller: Controller, name: str | None = None) -> None:
    """Choose the colours of the full screen; without a name, from a list.

    The choice is kept across starts, unless the setting `theme` names another one.
    """
    if not controller.themes:
        raise UsageError("Only the full screen has themes; chat-client --full-screen shows it.")
    if name and name.lower() not in controller.themes:
        raise UsageError(f"There is no theme {name!r}. Themes: {', '.join(controller.themes)}.")
    controller.on_theme((name or "").lower())
