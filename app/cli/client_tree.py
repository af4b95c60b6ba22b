"""The options of chat-client, and its commands."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer

from app.cli import terminal
from app.cli.client_start import DEFAULT_TIMEOUT_SECONDS, start_client
from app.cli.lazy_commands import LazyCommand, LazyGroup
from app.cli.options import ClientConfig, Profile, Version
from app.cli.settings_options import flags, setting
from app.errors import UsageError
from app.settings import CLIENT, ClientSettings, get_profile, load

MAX_TIMEOUT_SECONDS = 365 * 86400.0


def _load_setup() -> typer.Typer:
    from app.cli.client_setup.command import app

    return app


class ClientCommands(LazyGroup):
    """The client itself, and its commands."""

    declared: ClassVar[Mapping[str, LazyCommand]] = {
        "setup": LazyCommand("Set up the client: server, name and password.", _load_setup)
    }

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the options, and decode texts that are not in the encoding of the locale."""
        rest = super().parse_args(ctx, args)
        terminal.decode_parameters(ctx)
        return rest


app = terminal.new_program()


def _refuse_nan(seconds: float) -> float:
    """Return the seconds. Typer accepts NaN in every range.

    Raises: typer.BadParameter if they are NaN.
    """
    if math.isnan(seconds):
        raise typer.BadParameter("nan is not a number of seconds.")
    return seconds


@app.callback(cls=ClientCommands, invoke_without_command=True, subcommand_metavar="[COMMAND]")
def client(
    ctx: typer.Context,
    buffer: Annotated[str | None, setting(ClientSettings, "buffer", "BYTES", "-b", "--buffer")] = None,
    ip: Annotated[str | None, setting(ClientSettings, "ip", "IP", "-i", "--ip")] = None,
    port: Annotated[str | None, setting(ClientSettings, "port", "PORT", "-p", "--port")] = None,
    username: Annotated[str | None, setting(ClientSettings, "username", "NAME", "-u", "--username")] = None,
    password_file: Annotated[
        Path | None, setting(ClientSettings, "password_file", "FILE", "--password-file")
    ] = None,
    password_command: Annotated[
        str | None, setting(ClientSettings, "password_command", "COMMAND", "--password-command")
    ] = None,
    keyring: Annotated[
        bool | None, setting(ClientSettings, "keyring", None, "--keyring/--no-keyring")
    ] = None,
    room: Annotated[str | None, setting(ClientSettings, "room", "ROOM", "--room")] = None,
    tls: Annotated[bool | None, setting(ClientSettings, "tls", None, "--tls/--no-tls")] = None,
    tls_verify: Annotated[
        bool | None, setting(ClientSettings, "tls_verify", None, "--tls-verify/--no-tls-verify")
    ] = None,
    tls_ca: Annotated[Path | None, setting(ClientSettings, "tls_ca", "FILE", "--tls-ca")] = None,
    config: ClientConfig = None,
    profile: Profile = None,
    full_screen: Annotated[
        bool | None,
        typer.Option(
            "--full-screen/--plain", help="Use the whole screen of the terminal.", show_default=False
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print events as JSON Lines, without a prompt.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep listening after the end of input, until Ctrl-C.")
    ] = False,
    timeout: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=1,
            max=MAX_TIMEOUT_SECONDS,
            callback=_refuse_nan,
            help="In batch mode, fail after this time without progress.",
        ),
    ] = DEFAULT_TIMEOUT_SECONDS,
    version: Version = False,
) -> None:
    """Chat in the terminal, or send and receive messages in a script.

    Without -u, you are a guest under your login name. With -u, you are prompted for the password if
    the name is registered, unless --password-file, --password-command or --keyring provides it.

    If standard input is not a terminal, each of its lines is sent as a message, and messages go to
    standard output. The exit code is 0 if the server stored every message. If only standard output
    is not a terminal, or with --json if the input is a terminal or /dev/null, the client sends
    nothing and listens until Ctrl-C or SIGTERM.
    """
    if ctx.invoked_subcommand:
        _refuse_options(ctx)
        return
    given = flags(ClientSettings, locals() | {"ui": _name_interface(full_screen)})
    loaded = load(CLIENT, _choose_file(config, profile), given)
    start_client(loaded, profile, as_json, follow, timeout)


def _refuse_options(ctx: typer.Context) -> None:
    """Refuse options in front of a command, where they would have no effect.

    Raises: UsageError.
    """
    command = ctx.invoked_subcommand
    origins = [ctx.get_parameter_source(name) for name in ctx.params]
    if any(origin is not None and origin.name == "COMMANDLINE" for origin in origins):
        raise UsageError(f"Options of {command} follow it: chat-client {command} --help lists them.")


def _name_interface(full_screen: bool | None) -> str | None:
    """Return the value of the setting `ui` that a flag stands for."""
    return None if full_screen is None else "full-screen" if full_screen else "plain"


def _choose_file(config: Path | None, profile: str | None) -> Path | None:
    """Return the settings file named on the command line, or None.

    Raises: UsageError if two are named, or if there is no such profile.
    """
    if config is not None and profile is not None:
        raise UsageError("--profile and --config cannot be used together.")
    return config if profile is None else get_profile(profile)
