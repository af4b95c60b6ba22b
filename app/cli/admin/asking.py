"""What a command asks the person: whether to go on, and for a password. Scripts answer with options."""

import sys
import unicodedata
from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import first_line
from app.errors import ChatError, UsageError
from app.services.accounts import check_password

PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="Read the password from the first line of a file."),
]


def confirm(question: str, yes: bool) -> None:
    """Go on only if the person wants it.

    Raises: UsageError when nobody can be asked, ChatError when the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Nobody can be asked here, so nothing was changed; add --yes to do it.")
    if not typer.confirm(question, err=True):
        raise ChatError("Nothing was changed.")


def read_password(from_stdin: bool, file: Path | None, shortest: int) -> str:
    """Return a new password that is fit to be one. It is never an argument: others could see it there.

    Raises: UsageError when it is none, or cannot be asked for.
    """
    if from_stdin and file is not None:
        raise UsageError("Give either --password-stdin or --password-file, not both.")
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif file is not None:
        password = first_line(file)
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt="Once more", err=True)
    else:
        raise UsageError("A password is needed: use a terminal, --password-stdin or --password-file FILE.")
    check_password(password, shortest)
    return password


def one_line(text: str, what: str, longest: int) -> str:
    """Return a text that everybody is going to read.

    Raises: UsageError when it is empty, too long or more than one line.
    """
    text = text.strip()
    if not text or len(text) > longest:
        raise UsageError(f"The {what} needs between 1 and {longest} characters.")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise UsageError(f"The {what} must be one line without control characters.")
    return text
