"""Obtains the password with which `chat-client` logs in."""

import shlex
import subprocess
import sys

from app.cli.options import read_password_file
from app.client.storage.keyring_store import KeyringStore
from app.errors import ChatError, UsageError
from app.settings import ClientSettings

COMMAND_TIMEOUT_SECONDS = 120.0  # a password manager may ask its user for a passphrase


def find_password(settings: ClientSettings, keyring: KeyringStore | None) -> str | None:
    """Return the password from the file, the command or the keyring, or None to ask the user.

    Raises: UsageError when the user name or the password is missing; ChatError when the command or
        the keyring fails; OSError when the file cannot be read.
    """
    if settings.username is None:
        _refuse_without_name(settings)
        return None
    if settings.password_file is not None:
        return _check(read_password_file(settings.password_file), str(settings.password_file))
    if settings.password_command is not None:
        return _check(_run(settings.password_command), "the output of password_command")
    return keyring.load() if keyring else None


def _refuse_without_name(settings: ClientSettings) -> None:
    for name, value in (
        ("--password-file", settings.password_file),
        ("--password-command", settings.password_command),
        ("--keyring", settings.keyring),
    ):
        if value:
            raise UsageError(f"{name} requires -u NAME.")


def _check(password: str, source: str) -> str:
    if not password:
        raise UsageError(f"The first line of {source} is empty; it must be the password.")
    return password


def _run(command_line: str) -> str:
    """Run a command without a shell, and return the first line of its output.

    Raises: ChatError when it fails; its output, which may contain a password, is not shown.
    """
    program, *arguments = shlex.split(command_line)
    source = None if sys.stdin.isatty() else subprocess.DEVNULL  # the lines to send are not for it
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=source,
            stdout=subprocess.PIPE,
            timeout=COMMAND_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ChatError(f"password_command: no answer within {COMMAND_TIMEOUT_SECONDS:.0f} s.") from error
    except OSError as error:
        raise ChatError(f"password_command: cannot run {program}: {error.strerror}.") from error
    if done.returncode:
        raise ChatError(f"password_command: {program} failed with exit code {done.returncode}.")
    try:
        return done.stdout.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].decode().rstrip("\r")
    except UnicodeDecodeError as error:
        raise ChatError("password_command: the output is not UTF-8.") from error
