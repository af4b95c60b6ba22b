"""chat-client: chat in a terminal, or send and receive messages in a script."""

import getpass
import os
import queue
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from app.cli import terminal
from app.cli.options import ClientConfig, Version, flags, read_password_file, setting
from app.client.display.event_text import DisplayContext
from app.client.display.printing import Printer
from app.client.display.rendering import Renderer
from app.client.driver import MAX_INBOX_ITEMS, Driver, Inbox
from app.client.net.connect import Address
from app.client.net.link import Link
from app.client.protocol.model import ClientState, LoginCredentials, UserOptions
from app.client.ui.batch_mode import BatchMode
from app.clock import Clock
from app.errors import UsageError
from app.settings import CLIENT, ClientSettings, load
from app.text.encoding import decode, substitute

UNVERIFIED = "Warning: the server's certificate is not verified, so its identity is unknown."
DEFAULT_TIMEOUT_SECONDS = 60.0  # of batch mode without progress

app = terminal.new_app()


@app.command(cls=terminal.PlainCommand)
def client(
    buffer: Annotated[str | None, setting(ClientSettings, "buffer", "BYTES", "-b", "--buffer")] = None,
    ip: Annotated[str | None, setting(ClientSettings, "ip", "IP", "-i", "--ip")] = None,
    port: Annotated[str | None, setting(ClientSettings, "port", "PORT", "-p", "--port")] = None,
    username: Annotated[str | None, setting(ClientSettings, "username", "NAME", "-u", "--username")] = None,
    password_file: Annotated[
        Path | None, setting(ClientSettings, "password_file", "FILE", "--password-file")
    ] = None,
    room: Annotated[str | None, setting(ClientSettings, "room", "ROOM", "--room")] = None,
    tls: Annotated[bool | None, setting(ClientSettings, "tls", None, "--tls/--no-tls")] = None,
    tls_verify: Annotated[
        bool | None, setting(ClientSettings, "tls_verify", None, "--tls-verify/--no-tls-verify")
    ] = None,
    tls_ca: Annotated[Path | None, setting(ClientSettings, "tls_ca", "FILE", "--tls-ca")] = None,
    config: ClientConfig = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print events as JSON Lines, without a prompt.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep listening after the end of input, until Ctrl-C.")
    ] = False,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=1, help="In batch mode, fail after this time without progress."),
    ] = DEFAULT_TIMEOUT_SECONDS,
    version: Version = False,
) -> None:
    """Chat in the terminal, or send and receive messages in a script.

    Without -u, you are a guest under your login name. With -u, you are prompted for the password if
    the name is registered, unless --password-file provides it.

    If standard input is not a terminal, each of its lines is sent as a message, and messages go to
    standard output. The exit code is 0 if the server stored every message. If only standard output
    is not a terminal, or with --json on a terminal, the client sends nothing and listens until
    Ctrl-C.
    """
    loaded = load(CLIENT, config, flags(ClientSettings, locals()))
    for warning in loaded.warnings:
        terminal.echo_error(f"Warning: {warning}")
    if loaded.ignored_files:
        server = f"{loaded.values.ip} port {loaded.values.port}"
        terminal.echo_error(f"Warning: the client connects to {server}, for lack of the ignored settings.")
    if not loaded.values.tls_verify and loaded.values.tls:
        terminal.echo_error(UNVERIFIED)
    _start(loaded.values, as_json, follow, timeout)


def _start(settings: ClientSettings, as_json: bool, follow: bool, timeout: float) -> None:
    """Run line mode on a terminal, otherwise batch mode."""
    has_input, has_output = sys.stdin.isatty(), sys.stdout.isatty()
    is_interactive = has_input and has_output and not as_json
    driver = _create_driver(settings, settings.history_page if is_interactive else 0)
    if is_interactive:
        _run_line_mode(driver, settings)
        return
    context = DisplayContext(settings.room)
    renderer = Renderer(context, has_colours=False, has_days=False)
    write = terminal.echo_json if as_json else terminal.echo
    printer = Printer(renderer, write, terminal.echo_error, as_json, is_on_terminal=has_input)
    batch = BatchMode(driver, context, printer.show)
    if has_input:
        batch.listen()
    else:
        batch.send(_read_input(), timeout, follow)


def _read_input() -> Iterator[str]:
    """Yield the lines of standard input, in UTF-8 or else in the encoding of the locale."""
    for line in sys.stdin.buffer:
        yield from decode(line, sys.stdin.encoding).rstrip("\r\n").split("\r")


def _run_line_mode(driver: Driver, settings: ClientSettings) -> None:
    from app.client.ui.commands import table
    from app.client.ui.line_mode import LineMode  # slow to import, so scripts skip it

    has_colours = settings.colours and "NO_COLOR" not in os.environ
    encoding = sys.stdout.encoding

    def write(line: str) -> None:
        print(substitute(line, encoding))

    commands = table.legacy_slash_commands() if settings.legacy_commands else table.slash_commands()
    LineMode(driver, Renderer(DisplayContext(), has_colours), commands, write).run()


def _create_driver(settings: ClientSettings, initial_history: int) -> Driver:
    clock = Clock()
    inbox: Inbox = queue.Queue(MAX_INBOX_ITEMS)
    address = Address(settings.ip, settings.port, settings.tls, settings.tls_verify, settings.tls_ca)
    link = Link(address, inbox.put, clock)
    return Driver(ClientState(_user_options(settings, initial_history)), link, inbox, clock)


def _user_options(settings: ClientSettings, initial_history: int) -> UserOptions:
    nick = settings.username or _login_name()
    return UserOptions(
        nick=nick,
        has_chosen_nick=settings.username is not None,
        rooms=[settings.room],
        credentials=_credentials(settings, nick),
        initial_history=initial_history,
        page_size=settings.history_page,
        max_text_bytes=settings.buffer,
    )


def _login_name() -> str:
    """Return the operating system's login name, reduced to the characters allowed in a nick."""
    try:
        name = re.sub(r"[^A-Za-z0-9_-]", "", getpass.getuser())
    except (OSError, KeyError):
        name = ""
    return name[:16].lstrip("0123456789-") or "guest"


def _credentials(settings: ClientSettings, nick: str) -> LoginCredentials | None:
    """Return the credentials, or None if no password file is set.

    Raises: UsageError when the user name or the password is missing; OSError when the file cannot
    be read.
    """
    if settings.password_file is None:
        return None
    if settings.username is None:
        raise UsageError("--password-file requires -u NAME.")
    password = read_password_file(settings.password_file)
    if not password:
        raise UsageError(f"The first line of {settings.password_file} is empty; it must be the password.")
    return LoginCredentials(nick, password)


def main() -> None:
    """Run `chat-client`."""
    terminal.run(app, "chat-client")
