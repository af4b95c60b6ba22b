"""Runs chat-client: line mode or the full screen on a terminal, otherwise batch mode."""

import gc
import getpass
import os
import queue
import re
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TextIO

from app.cli import terminal
from app.cli.client_password import find_password
from app.cli.client_warnings import list_warnings
from app.client.display.display_context import DisplayContext
from app.client.display.printing import Printer
from app.client.display.rendering import Renderer
from app.client.driver import MAX_INBOX_ITEMS, Driver, Inbox
from app.client.net.connect import Address
from app.client.net.link import Link
from app.client.notifications.notifier import Emitter, Notifier, command_emitter, terminal_emitter
from app.client.notifications.rules import NotificationRules
from app.client.protocol.channel_view import ROOM_PREFIXES
from app.client.protocol.events import Notice
from app.client.protocol.model import ClientState, LoginCredentials, UserOptions
from app.client.storage.client_storage import ClientStorage, session_key
from app.client.storage.keyring_store import KeyringStore
from app.client.storage.private_files import find_state_folder
from app.client.ui.batch_mode import BatchMode
from app.client.ui.command_registry import SlashCommands
from app.clock import Clock
from app.errors import UsageError
from app.settings import ClientSettings, LoadedSettings
from app.text.daily_periods import parse_daily_period
from app.text.encoding import decode, substitute
from app.wire.names import fold

FULL_SCREEN_HINT = (
    "chat-client --full-screen shows rooms, messages and members side by side. "
    'Set "ui" to "full-screen" to make it the default.'
)
FRAMES_PER_SECOND = "120"  # at most, so that a frame follows a key within 8 ms
INPUT_HISTORY = "input-history"  # in the state folder


def start(
    loaded: LoadedSettings[ClientSettings],
    profile: str | None,
    as_json: bool,
    follow: bool,
    timeout: float,
    shows_hints: bool,
) -> None:
    """Run line mode or the full screen on a terminal, otherwise batch mode."""
    settings = loaded.values
    has_input, has_output = sys.stdin.isatty(), sys.stdout.isatty()
    is_interactive = has_input and has_output and not as_json
    storage = open_storage(settings, profile)
    driver = _create_driver(settings, settings.history_page if is_interactive else 0, storage)
    if is_interactive and settings.ui == "full-screen":
        driver.state.options.rooms += _remembered_rooms(settings, storage)
        _run_screen(driver, loaded, storage, shows_hints)
        return
    gc.enable()
    if is_interactive:
        driver.state.options.rooms += _remembered_rooms(settings, storage)
        _run_line_mode(driver, settings, storage)
        return
    context = DisplayContext(settings.room)
    renderer = Renderer(context, has_colours=False, has_days=False)
    write = terminal.echo_json if as_json else terminal.echo
    printer = Printer(renderer, write, terminal.echo_error, as_json, is_on_terminal=has_input)
    batch = BatchMode(driver, context, printer.show)
    if has_input or (as_json and _is_null_device(sys.stdin)):
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # disconnect first
        batch.listen()
    else:
        batch.send(_read_input(), timeout, follow)


def _is_null_device(stream: TextIO) -> bool:
    """Return whether a stream is `/dev/null`, which services and cron jobs have as their input."""
    return os.path.samestat(os.fstat(stream.fileno()), Path(os.devnull).stat())


def _read_input() -> Iterator[str]:
    """Yield the lines of standard input, in UTF-8 or else in the encoding of the locale."""
    # Not `sys.stdin.buffer`: at its end, the interpreter needs the lock of a thread that reads it.
    for line in open(sys.stdin.fileno(), "rb", closefd=False):  # noqa: SIM115 - read to its end
        yield from decode(line, sys.stdin.encoding).rstrip("\r\n").split("\r")


def open_storage(settings: ClientSettings, profile: str | None) -> ClientStorage:
    """Return the storage for this user and server; each profile has an input history of its own."""
    key = session_key(settings.username or login_name(), settings.ip, settings.port)
    folder = find_state_folder()
    rooms_folder = folder if settings.remember_rooms else None
    history = f"{INPUT_HISTORY}-{profile}" if profile else INPUT_HISTORY
    return ClientStorage.in_folder(
        folder,
        rooms_folder,
        key,
        keyring=KeyringStore(key) if settings.keyring else None,
        history_file=folder / history if folder and settings.input_history else None,
        max_history_entries=settings.input_history,
    )


def _remembered_rooms(settings: ClientSettings, storage: ClientStorage) -> list[str]:
    """Return the remembered rooms, without the one in the settings."""
    rooms = [room for room in storage.rooms.load() if room[:1] in ROOM_PREFIXES]
    return [room for room in rooms if fold(room) != fold(settings.room)]


def _run_screen(
    driver: Driver, loaded: LoadedSettings[ClientSettings], storage: ClientStorage, shows_hints: bool
) -> None:
    os.environ.setdefault("TEXTUAL_FPS", FRAMES_PER_SECOND)
    from app.client.screen.options import ScreenOptions  # slow to import, so scripts skip it
    from app.client.screen.run import run
    from app.client.screen.theme import find_theme

    if not sys.stderr.isatty():
        raise UsageError(
            "The full screen is drawn on standard error, which is not a terminal. "
            "Do not redirect it, or use --plain."
        )
    settings = loaded.values
    has_fixed_theme = "theme" in settings.model_fields_set
    options = ScreenOptions(
        theme=settings.theme if has_fixed_theme else find_theme(storage.theme.load(), settings.theme),
        has_colours=settings.colours and "NO_COLOR" not in os.environ,
        keys=settings.keys,
        sends_typing=settings.typing,
        sorts_by_activity=settings.room_order == "activity",
        keywords=settings.keywords,
        shows_hints=shows_hints,
        has_fixed_theme=has_fixed_theme,
        settings_files=loaded.files,
        warnings=tuple(list_warnings(loaded)),
    )
    run(driver, _slash_commands(settings), storage, options, partial(_create_notifier, driver, settings))


def _slash_commands(settings: ClientSettings) -> SlashCommands:
    from app.client.ui.commands import table

    return table.legacy_slash_commands() if settings.legacy_commands else table.slash_commands()


def _run_line_mode(driver: Driver, settings: ClientSettings, storage: ClientStorage) -> None:
    from app.client.ui.line_mode import LineMode  # slow to import, so scripts skip it

    has_colours = settings.colours and "NO_COLOR" not in os.environ
    encoding = sys.stdout.encoding

    def write(line: str) -> None:
        print(substitute(line, encoding))

    renderer = Renderer(DisplayContext(), has_colours, get_columns=_count_columns)
    if "ui" not in settings.model_fields_set:
        write(FULL_SCREEN_HINT)

    def write_sequence(sequence: str) -> None:
        print(substitute(sequence, encoding), end="", flush=True)

    notifier = _create_notifier(driver, settings, write_sequence)
    LineMode(driver, renderer, _slash_commands(settings), storage, notifier, write).run()


def _create_notifier(
    driver: Driver, settings: ClientSettings, write: Callable[[str], None], *further: Emitter
) -> Notifier:
    """Return the notifier that the settings describe; `write` writes to the terminal."""

    def report(sentence: str) -> None:
        driver.post(lambda: driver.show(Notice(sentence, is_error=True)))

    emitters = [terminal_emitter(method, write, os.environ) for method in dict.fromkeys(settings.notify)]
    if settings.notify_command is not None:
        emitters.append(command_emitter(settings.notify_command, report))
    quiet_hours = tuple(map(parse_daily_period, settings.quiet_hours))
    rules = NotificationRules(settings.keywords, quiet_hours)
    return Notifier(rules, [*emitters, *further], driver.clock)


def _count_columns() -> int:
    """Return the current width of the terminal."""
    return os.get_terminal_size(sys.stdout.fileno()).columns


def _create_driver(settings: ClientSettings, initial_history: int, storage: ClientStorage) -> Driver:
    clock = Clock()
    inbox: Inbox = queue.Queue(MAX_INBOX_ITEMS)
    address = Address(settings.ip, settings.port, settings.tls, settings.tls_verify, settings.tls_ca)
    link = Link(address, inbox.put, clock)
    return Driver(ClientState(_user_options(settings, initial_history, storage)), link, inbox, clock)


def _user_options(settings: ClientSettings, initial_history: int, storage: ClientStorage) -> UserOptions:
    nick = settings.username or login_name()
    password = find_password(settings, storage.keyring)
    return UserOptions(
        nick=nick,
        has_chosen_nick=settings.username is not None,
        rooms=[settings.room],
        credentials=LoginCredentials(nick, password) if password else None,
        initial_history=initial_history,
        page_size=settings.history_page,
        max_text_bytes=settings.buffer,
    )


def login_name() -> str:
    """Return the operating system's login name, reduced to the characters allowed in a nick."""
    try:
        name = re.sub(r"[^A-Za-z0-9_-]", "", getpass.getuser())
    except (OSError, KeyError):
        name = ""
    return name[:16].lstrip("0123456789-") or "guest"
