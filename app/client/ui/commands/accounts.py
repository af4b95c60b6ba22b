"""Commands for registering, and for logging in and out."""

from app.client.protocol import intents
from app.client.protocol.login.capabilities import REGISTRATION
from app.client.ui.command_registry import command
from app.client.ui.controller import Controller
from app.errors import UsageError


@command("register", needs=REGISTRATION, takes_secret=True)
def reg(controller: Controller) -> None:
    """Register your nick so that nobody else can use it.

    Prompts for a password, twice. The password is neither shown nor stored.
    """
    if controller.state.connection.account:
        raise UsageError(f"You are already logged in as {controller.state.connection.account}.")
    controller.accounts.register()


@command(needs=REGISTRATION)
def verify(controller: Controller, code: str) -> None:
    """Complete your registration with the code sent to you by e-mail."""
    controller.driver.execute(intents.verify, code)


@command("login", needs="sasl", takes_secret=True)
def auth(controller: Controller, name: str | None = None) -> None:
    """Log in to the account of your nick, or to another one.

    Prompts for the password, which is not shown. It is kept in memory to log in after a reconnect.
    """
    controller.accounts.log_in(name or controller.state.nick)


@command("logout", needs="sasl")
def unauth(controller: Controller) -> None:
    """Log out and continue as a guest under a similar nick.

    Your nick belongs to the account, so you reconnect with a different one and rejoin your rooms.
    """
    account = controller.state.connection.account
    if not account:
        raise UsageError("You are not logged in.")
    nick = intents.become_guest(controller.state)
    controller.notify(f"Logged out of {account}. Reconnecting as {nick}.")
    controller.driver.link.drop("You logged out.")
