"""Opens links in the user's browser or mail program."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

from app.errors import UsageError

OPENED_SCHEMES = frozenset(("http", "https", "mailto"))
PROGRAMS = ("wslview", "xdg-open")


def open_link(url: str, environment: Mapping[str, str] = os.environ) -> None:
    """Start the desktop's program for a URL, without a shell, and do not wait for it.

    A browser for terminals would draw over the client, so without a desktop nothing is opened.

    Raises: UsageError when the scheme is not to be opened, or if there is no program for it.
    """
    scheme = urlsplit(url).scheme
    if scheme not in OPENED_SCHEMES or not (url.isascii() and url.isprintable()):
        raise UsageError(f"Links to {scheme or 'other files'} are not opened. Copy the link instead.")
    program = _find_program(environment)
    if program is None:
        raise UsageError("There is no desktop here to open the link. Copy it instead.")
    try:
        process = subprocess.Popen(
            [program, url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise UsageError(f"Cannot run {program}: {error.strerror}.") from error
    threading.Thread(target=process.wait, name="open-link", daemon=True).start()


def _find_program(environment: Mapping[str, str]) -> str | None:
    """Return the program that opens URLs on this desktop, or None."""
    path = environment.get("PATH")
    if sys.platform == "darwin":
        return shutil.which("open", path=path)
    has_desktop = any(environment.get(name) for name in ("WAYLAND_DISPLAY", "DISPLAY", "WSL_DISTRO_NAME"))
    found = (shutil.which(program, path=path) for program in PROGRAMS)
    return next(filter(None, found), None) if has_desktop else None
