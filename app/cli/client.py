"""chat-client: talk in a terminal, or send and receive lines in a script."""

import getpass
import os
import queue
import re
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer

from app.cli import terminal
from app.cli.options import ClientConfig, Version, first_line, flags, setting
from app.client.display.event_text import DisplayContext
from app.client.display.printing import Printer
from app.client.display.rendering import Renderer
from app.client.driver import MAX_INBOX, Driver, Inbox
from app.client.net.connect import Address
from app.client.net.link import Link
from app.client.protocol.model import ClientState, LoginCredentials, UserOptions
from app.client.ui.batch_mode import BatchMode
from app.clock import Clock
from app.errors import UsageError
from app.settings import CLIENT, ClientSettings, load

DRAIN_TIMEOUT_SECONDS = 60.0  # seconds without progress before a script is told that it failed

app = terminal.new_app()


@app.command()
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
        bool, typer.Option("--json", help="Print what is said as one JSON object a line; no prompt.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on listening when the input has ended, until Ctrl-C.")
    ] = False,
    timeout: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=1, help="Without a terminal: give up when nothing moves so long."
        ),
    ] = DRAIN_TIMEOUT_SECONDS,
    version: Version = False,
) -> None:
    """Chat in the terminal.

    Without -u you come as a guest under your login name. With -u you are asked for the password when the name
    is registered; with --password-file nothing is asked.

    When the standard input is not a terminal, each of its lines is sent as a message, and what is said goes
    to the standard output; the exit code is 0 when every line was stored. When only the output is not a
    terminal, or with --json, nothing is sent: it listens until Ctrl-C.
    """
    loaded = load(CLIENT, config, flags(ClientSettings, locals()))
    for warning in loaded.warnings:
        typer.echo(f"Warning: {warning}", err=True)
    if not loaded.values.tls_verify and loaded.values.tls:
        typer.echo("Warning: the server's certificate is not checked, so it may be anybody's.", err=True)
    _start(loaded.values, as_json, follow, timeout)


def _start(settings: ClientSettings, as_json: bool, follow: bool, timeout: float) -> None:
    """Run line mode on a terminal, else pipe mode."""
    has_input, has_output = sys.stdin.isatty(), sys.stdout.isatty()
    is_interactive = has_input and has_output and not as_json
    driver = _driver(settings, settings.history_page if is_interactive else 0)
    if is_interactive:
        _controller(driver, settings)
        return
    renderer = Renderer(DisplayContext(settings.room), has_colours=False, has_days=False)
    printer = Printer(renderer, _print, _print_trouble, as_json, is_watched=has_input)
    pipe = BatchMode(driver, settings.room, printer.show)
    if has_input:
        pipe.listen()
    else:
        pipe.send(_lines(), timeout, follow)


def _lines() -> TextIO:
    """Return the lines of the standard input; what is not UTF-8 in them is replaced."""
    return open(sys.stdin.fileno(), encoding="utf-8", errors="replace", closefd=False)


def _controller(driver: Driver, settings: ClientSettings) -> None:
    """Run line mode."""
    from app.client.ui.line_mode import LineMode  # here, so that scripts do not wait for it

    has_colours = settings.colours and "NO_COLOR" not in os.environ
    LineMode(driver, Renderer(DisplayContext(), has_colours)).run()


def _driver(settings: ClientSettings, greeting: int) -> Driver:
    """Put link and state together."""
    clock = Clock()
    inbox: Inbox = queue.Queue(MAX_INBOX)
    address = Address(settings.ip, settings.port, settings.tls, settings.tls_verify, settings.tls_ca)
    link = Link(address, inbox.put, clock)
    return Driver(ClientState(_wishes(settings, greeting)), link, inbox, clock)


def _wishes(settings: ClientSettings, greeting: int) -> UserOptions:
    """Return what the settings ask for."""
    nick = settings.username or _login_name()
    return UserOptions(
        nick=nick,
        is_named=settings.username is not None,
        rooms=[settings.room],
        credentials=_credentials(settings, nick),
        greeting=greeting,
        page=settings.history_page,
        buffer=settings.buffer,
    )


def _login_name() -> str:
    """Return the name of the person at the operating system, as far as it can be a nick."""
    try:
        name = re.sub(r"[^A-Za-z0-9_-]", "", getpass.getuser())
    except (OSError, KeyError):
        name = ""
    return name[:16].lstrip("0123456789-") or "guest"


def _credentials(settings: ClientSettings, nick: str) -> LoginCredentials | None:
    """Return name and password when a file has the password.

    Raises: UsageError when the file has none; OSError when it cannot be read.
    """
    if settings.password_file is None:
        return None
    if settings.username is None:
        raise UsageError("A password file needs a name: -u NAME.")
    password = first_line(settings.password_file)
    if not password:
        raise UsageError(f"{settings.password_file} has no password in its first line.")
    return LoginCredentials(nick, password)


def _print(line: str) -> None:
    print(line, flush=True)


def _print_trouble(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Run `chat-client`."""
    terminal.run(app, "chat-client")
