"""Prompts for confirmations and passwords. Scripts answer with options instead."""

import sys
import unicodedata
from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import read_first_line, read_password_file
from app.errors import ChatError, UsageError
from app.events import PasswordHashes
from app.text.sanitise import clean

PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="Read the password from the first line of FILE."),
]


def confirm(question: str, yes: bool) -> None:
    """Ask for confirmation unless `yes` is set.

    Raises: UsageError if standard input is not a terminal; ChatError if the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Nothing was changed: there is no terminal to confirm on. Use --yes.")
    if not typer.confirm(clean(question), err=True):
        raise ChatError("Nothing was changed.")


def read_password_hashes(from_stdin: bool, file: Path | None, shortest: int) -> PasswordHashes:
    """Read a new password from standard input, a file or a prompt, and return its hashes.

    There is no option for the password itself: other users could see it in the process list.

    Raises: UsageError if the password is invalid or there is no terminal to prompt on.
    """
    from app.services.accounts.passwords import check_password, hash_password  # slow to import

    password = _read_password(from_stdin, file)
    check_password(password, shortest)
    return hash_password(password)


def _read_password(from_stdin: bool, file: Path | None) -> str:
    return _read_secret("password", from_stdin, file)


def read_room_key(from_stdin: bool, file: Path | None) -> str:
    """Read the new key of a room from standard input, a file or a prompt.

    Raises: UsageError if there is no terminal to prompt on.
    """
    return _read_secret("key", from_stdin, file)


def _read_secret(name: str, from_stdin: bool, file: Path | None) -> str:
    if from_stdin and file is not None:
        raise UsageError(f"Give either --{name}-stdin or --{name}-file, not both.")
    if from_stdin:
        return read_first_line(sys.stdin.buffer, "Standard input")
    if file is not None:
        return read_password_file(file)
    if not sys.stdin.isatty():
        raise UsageError(
            f"There is no terminal to prompt for the {name}; use --{name}-stdin or --{name}-file FILE."
        )
    secret: str = typer.prompt(
        name.capitalize(), hide_input=True, confirmation_prompt=f"Repeat {name}", err=True
    )
    return secret


def one_line(text: str, what: str, longest: int) -> str:
    """Return the stripped text; `what` names it in the error message.

    Raises: UsageError if it is empty, too long or not a single printable line.
    """
    text = text.strip()
    if not text or len(text) > longest:
        raise UsageError(f"The {what} must be 1 to {longest} characters long.")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise UsageError(f"The {what} must be a single line without control characters.")
    return text
