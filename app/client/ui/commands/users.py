"""Commands about users, including ourselves."""

from app.client.protocol import intents
from app.client.ui.command_registry import Rest, command
from app.client.ui.controller import Controller


@command()
def nick(controller: Controller, nick: str) -> None:
    """Change your nick."""
    controller.driver.execute(intents.change_nick, nick)


@command("w")
def who(controller: Controller, mask: str | None = None) -> None:
    """List the members of a room, or the users that match a mask, in detail."""
    controller.driver.execute(intents.request_who, mask or controller.room)


@command("wi")
def whois(controller: Controller, nick: str) -> None:
    """Show details of a user."""
    controller.driver.execute(intents.request_whois, nick)


@command()
def away(controller: Controller, reason: Rest | None = None) -> None:
    """Mark yourself as away with a reason or, without one, as back."""
    controller.driver.execute(intents.set_away, reason or "")
