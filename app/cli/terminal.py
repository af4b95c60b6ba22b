"""The common parts of the three programs: help, exit codes and error messages, based on Typer.

A `ChatError` prints its sentence to standard error and determines the exit code. An unexpected
exception prints one sentence with its location; CHAT_TRACEBACK=1 adds the traceback. Ctrl-C exits
with 130. A closed standard output (`| head`) ends the program silently.
"""

import os
import re
import sys
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import typer
from typer.core import TyperArgument, TyperCommand
from typer.main import get_command

from app.errors import ChatError, describe_defect, print_traceback_if_requested
from app.text.graphemes import truncate_characters

DISTRIBUTION = "durable-chat"
INTERRUPTED = 130  # 128 + SIGINT, the shells' convention
_LONG_WORD = re.compile(r"\S{400,}")
_SHORTENED_LENGTH = 60  # characters


class PlainArgument(TyperArgument):
    """An argument displayed as `NAME` or `[NAME]`, without its Python type."""

    def get_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the argument as displayed in the usage line."""
        name = self.metavar or str(self.name).upper()
        if self.nargs != 1:
            return [name, f"[{name} ...]"] if self.required else [f"[{name} ...]"]
        return [name if self.required else f"[{name}]"]

    def display_type_rich(self, ctx: Any) -> None:
        """Omit the type from the argument list in the help."""


class PlainCommand(TyperCommand):
    """A command whose help shows plain metavariables."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for parameter in self.params:
            if isinstance(parameter, TyperArgument):
                parameter.__class__ = PlainArgument


def new_app(summary: str | None = None) -> typer.Typer:
    """Return an empty command tree with plain-text help, `-h` and `--help`.

    With a summary, a call without arguments prints the help. Without one, the tree is a single
    command.
    """
    return typer.Typer(
        help=summary,
        no_args_is_help=summary is not None,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def print_version(wanted: bool) -> None:
    """Print the version and exit, if `--version` was given."""
    if wanted:
        typer.echo(f"{DISTRIBUTION} {version(DISTRIBUTION)}")
        raise typer.Exit


def run(app: typer.Typer, program: str) -> NoReturn:
    """Run a program, report its errors and exit with its exit code."""
    sys.excepthook = _print_defect
    _replace_closed_streams()
    try:
        _call(app, program)
    except ChatError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        print_error(ChatError(explain(error)))
        _flush_or_discard()
    sys.exit(ChatError.exit_code)


def _call(app: typer.Typer, program: str) -> None:
    """Call the command and flush its output, so that a write error is reported before the exit."""
    try:
        get_command(app)(prog_name=program)
    finally:
        sys.stdout.flush()


def print_error(error: ChatError) -> None:
    """Write an error's sentence to standard error, with overlong words shortened."""
    sentence = _LONG_WORD.sub(_shorten, error.sentence)
    typer.echo(f"Error: {sentence}", err=True)


def _shorten(word: re.Match[str]) -> str:
    return truncate_characters(word[0], _SHORTENED_LENGTH) + "..."


def explain(error: OSError) -> str:
    """Return a sentence with the reason for an OS error and the file name, if known."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."


def _replace_closed_streams() -> None:
    """Replace standard streams closed by the caller (`>&-`) with the null device.

    This also keeps their file descriptors from being reused, for example by a database file.
    """
    null_device = Path(os.devnull)
    sys.stdin = sys.stdin or null_device.open(encoding="utf-8")
    sys.stdout = sys.stdout or null_device.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or null_device.open("w", encoding="utf-8")


def _flush_or_discard() -> None:
    """Flush standard output, or discard it if it cannot be written, as on a full disk."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard_output()


def _discard_output() -> None:
    """Redirect standard output to the null device, so that the flush at exit cannot fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Write one sentence about an unexpected exception, and the traceback if requested."""
    print_traceback_if_requested(error)
    sys.stderr.write(f"Error: {describe_defect(error)}\n")
