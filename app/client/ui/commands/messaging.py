"""Commands that send messages, and those for conversations."""

from app.client.protocol import intents
from app.client.ui.command_registry import Rest, command
from app.client.ui.controller import Controller
from app.errors import UsageError


@command("m", works_offline=True)
def msg(controller: Controller, target: str, text: Rest | None = None) -> None:
    """Send a message to a user or room. Without a text, make the user or room current."""
    if text:
        controller.driver.execute(intents.send_message, target, text)
    else:
        controller.switch_to(target)


@command("q", works_offline=True)
def query(controller: Controller, nick: str, text: Rest | None = None) -> None:
    """Make a conversation with a user current, and send a message if there is a text."""
    controller.switch_to(nick)
    if text:
        controller.driver.execute(intents.send_message, nick, text)


@command(works_offline=True)
def close(controller: Controller) -> None:
    """Close the current conversation and return to a room. To leave a room, use /part."""
    controller.close(controller.room)


@command()
def notice(controller: Controller, target: str, text: Rest) -> None:
    """Send a notice, a message that programs do not answer."""
    controller.driver.execute(intents.send_notice, target, text)


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
