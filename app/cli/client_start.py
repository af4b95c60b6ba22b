"""Starts the client with loaded settings, after the warnings about them."""

import gc

from app.cli import terminal
from app.cli.client_warnings import list_warnings
from app.settings import ClientSettings, LoadedSettings

DEFAULT_TIMEOUT_SECONDS = 60.0  # of batch mode without progress


def start_client(
    loaded: LoadedSettings[ClientSettings],
    profile: str | None,
    as_json: bool = False,
    follow: bool = False,
    timeout: float = DEFAULT_TIMEOUT_SECONDS,
    shows_hints: bool = False,
) -> None:
    """Warn about the settings, then run the client, with hints for a first start if wanted."""
    for warning in list_warnings(loaded):
        terminal.echo_error(warning)
    gc.disable()  # nothing that is imported becomes garbage; each mode enables it again
    from app.cli.client_modes import start  # deferred: --help and --version need no client

    start(loaded, profile, as_json, follow, timeout, shows_hints)
