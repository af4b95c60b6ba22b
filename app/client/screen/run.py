"""Runs the full-screen client."""

from app.client.driver import Driver
from app.client.screen.app import ChatApp
from app.client.screen.bridge import Bridge
from app.client.screen.session import ScreenSession
from app.client.storage.client_storage import ClientStorage
from app.client.ui.command_registry import SlashCommands


def run(driver: Driver, commands: SlashCommands, storage: ClientStorage) -> None:
    """Show the screen until the user ends the program.

    Raises: what `Driver.run` raises.
    """
    bridge = Bridge(lambda: app.refresh_parts())
    session = ScreenSession(driver, commands, storage, bridge)
    app = ChatApp(session, bridge, str(driver.link.address))
    app.run()
    if session.error:
        raise session.error
