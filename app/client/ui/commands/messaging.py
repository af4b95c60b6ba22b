"""Commands that send messages."""

from app.client.protocol import intents
from app.client.ui.command_registry import Rest, command
from app.client.ui.controller import Controller
from app.errors import UsageError


@command(works_offline=True)
def msg(controller: Controller, target: str, text: Rest | None = None) -> None:
    """Send a message to a user or room. Without a text, make the user or room current."""
    if text:
        controller.driver.execute(intents.send_message, target, text)
    else:
        controller.switch_to(target)


@command(works_offline=True)
def me(controller: Controller, text: Rest) -> None:
    """Send an action: "/me waves" shows as "* anna waves"."""
    controller.driver.execute(intents.send_message, controller.room, text, is_action=True)


@command(works_offline=True)
def cancel(controller: Controller, number: int | None = None) -> None:
    """Drop the queued or unsent message with this number. Default: all of them.

    A message is queued while there is no connection, and sent when it is back.
    """
    controller.driver.execute(intents.cancel, number)


@command(works_offline=True)
def resend(controller: Controller, number: int | None = None) -> None:
    """Resend the unsent message with this number. Default: all unsent messages."""
    if not controller.state.failed:
        raise UsageError("There are no unsent messages.")
    controller.driver.execute(intents.resend, number)
