"""Runs the full-screen client."""

import gc
import os
import sys
from collections.abc import Callable
from typing import Protocol

from app.client.driver import Driver
from app.client.notifications.notifier import Emitter, Notifier
from app.client.protocol import intents
from app.client.protocol.model import ClientState
from app.client.screen.app import ChatApp
from app.client.screen.options import ScreenOptions
from app.client.screen.session.call_queue import CallQueue
from app.client.screen.session.screen_session import ScreenSession
from app.client.screen.textual_fixes.alt_keys import register_alt_keys
from app.client.screen.textual_fixes.background_reply import accept_background_reply
from app.client.screen.textual_fixes.caches import limit_caches
from app.client.screen.textual_fixes.lost_terminal import outlive_terminal
from app.client.screen.textual_fixes.terminal_size import follow_terminal_size
from app.client.screen.textual_fixes.widths import keep_columns_straight
from app.client.storage.client_storage import ClientStorage
from app.client.terminal.background import parse_colorfgbg
from app.client.ui.command_registry import SlashCommands
from app.text.sanitise import clean, clean_lines
from app.wire.secrets import mask_message


class NotifierFactory(Protocol):
    """Creates a notifier that writes sequences to the terminal, and has a further emitter."""

    def __call__(self, write: Callable[[str], None], *further: Emitter) -> Notifier:
        """Return the notifier."""


def run(
    driver: Driver,
    commands: SlashCommands,
    storage: ClientStorage,
    options: ScreenOptions | None = None,
    create_notifier: NotifierFactory | None = None,
) -> None:
    """Show the screen until the user ends the program.

    Raises: what `Driver.run` raises.
    """
    follow_terminal_size(os.environ)
    keep_columns_straight()
    limit_caches()
    outlive_terminal()
    accept_background_reply()
    options = options or ScreenOptions()
    register_alt_keys()
    calls = CallQueue(lambda: app.refresh_parts())
    notifier = None
    if create_notifier is not None:
        notifier = create_notifier(
            lambda sequence: calls.post(lambda: app.write_sequence(sequence)),
            lambda alert: calls.post(lambda: app.show_alert(alert)),
        )
    session = ScreenSession(driver, commands, storage, calls, notifier)
    background = parse_colorfgbg(os.environ.get("COLORFGBG", ""))  # until the terminal reports it
    app = ChatApp(session, calls, str(driver.link.address), options, background)
    calls.post(start_collecting)
    app.run()
    print_unsent(driver.state)
    if error := session.error or app.startup_error:
        raise error


def start_collecting() -> None:
    """Collect garbage, except among what the first frame needed, which stays."""
    gc.freeze()
    gc.enable()


def print_unsent(state: ClientState) -> None:
    """Print the messages that were not sent: the screen with them is gone."""
    for message in intents.queued_messages(state):
        text = clean_lines(mask_message(message.target, message.text))
        print(f"not sent to {clean(message.target)}: {text}", file=sys.stderr)
