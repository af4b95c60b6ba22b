"""The common parts of the three programs: help, exit codes and error messages, based on Typer.

A `ChatError` prints its sentence to standard error and determines the exit code. An unexpected
exception prints one sentence with its location; CHAT_TRACEBACK=1 adds the traceback. Ctrl-C exits
with 130. A closed standard output (`| head`) ends the program silently with 141, like SIGPIPE. A
character that the encoding of an output lacks is replaced. Everything printed is sanitised, because
it may contain the names and texts of others.
"""

import errno
import gc
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup
from typer.main import get_command

from app.atomic_write import FULL_DISK
from app.errors import ChatError, Interrupted, UsageError, describe_defect, print_traceback_if_requested
from app.process import disable_core_dumps
from app.text.encoding import escape_non_ascii, is_text, is_unicode, make_lenient
from app.text.graphemes import truncate_characters
from app.text.sanitise import clean_lines, escape_hidden

DISTRIBUTION = "durable-chat"
GC_THRESHOLD_OBJECTS = 50_000  # importing creates many objects, and hardly any garbage
OUTPUT_CLOSED = 141  # 128 + SIGPIPE
_CommandLineError: Any = typer.BadParameter.__base__  # Typer exports no common class of its errors
_LONG_WORD = re.compile(r"\S{400,}")
_SHORTENED_LENGTH = 60  # characters
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


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
    """A command whose help shows plain metavariables, and whose text parameters are valid text."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for parameter in self.params:
            if isinstance(parameter, TyperArgument):
                parameter.__class__ = PlainArgument

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, and decode texts that are not in the encoding of the locale."""
        rest = super().parse_args(ctx, args)
        decode_parameters(ctx)
        return rest


def decode_parameters(ctx: Any) -> None:
    """Decode the arguments of a command that are not in the encoding of the locale.

    Raises: UsageError when one of them is not valid UTF-8 either.
    """
    ctx.params = {name: _decode(value) for name, value in ctx.params.items()}


def _decode(value: Any) -> Any:
    """Decode a text or a list of texts; a path, which may contain any bytes, stays as it is."""
    if isinstance(value, list):
        return [_decode(item) for item in value]
    return _decode_text(value) if isinstance(value, str) else value


def _decode_text(argument: str) -> str:
    """Return a command-line argument as text, in the encoding of the locale or else in UTF-8.

    Raises: UsageError when it is valid in neither.
    """
    if is_text(argument):
        return argument
    raw = os.fsencode(argument)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        shown = raw.decode(errors="backslashreplace")
        raise UsageError(f"The argument {shown} is not valid UTF-8.") from error


def new_app(summary: str | None = None, group: type[TyperGroup] | None = None) -> typer.Typer:
    """Return an empty command tree with plain-text help, `-h` and `--help`.

    With a summary, a call without arguments prints the help. Without one, the tree is a single
    command. `group` is the class of the tree's root.
    """
    return typer.Typer(**_options(summary, group), add_completion=False)


def new_program(summary: str | None = None, group: type[TyperGroup] | None = None) -> typer.Typer:
    """Return the command tree of a program, which can also install its shell completion."""
    return typer.Typer(**_options(summary, group), add_completion=True)


def _options(summary: str | None, group: type[TyperGroup] | None) -> dict[str, Any]:
    summaries: dict[str, Any] = {} if summary is None else {"help": summary}  # else the callback's
    return {
        "cls": group,
        **summaries,
        "no_args_is_help": summary is not None,
        "rich_markup_mode": None,
        "pretty_exceptions_enable": False,
        "context_settings": {"help_option_names": ["-h", "--help"]},
    }


def find_version() -> str:
    """Return the version of this program."""
    from importlib.metadata import version  # slow to import

    return version(DISTRIBUTION)


def print_version(wanted: bool) -> None:
    """Print the version and exit, if `--version` was given."""
    if wanted:
        echo(f"{DISTRIBUTION} {find_version()}")
        raise typer.Exit


def run(app: typer.Typer, program: str, handle_interrupts: Callable[[], None]) -> NoReturn:
    """Run a program, report its errors and exit with its exit code.

    `handle_interrupts` lets SIGINT raise KeyboardInterrupt, which is handled from then on.
    """
    sys.excepthook = _print_defect
    gc.set_threshold(GC_THRESHOLD_OBJECTS)
    disable_core_dumps()
    _set_up_streams()
    try:
        handle_interrupts()
        _call(app, program)
    except ChatError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(Interrupted.exit_code)
    except BrokenPipeError:
        _discard_output()
        sys.exit(OUTPUT_CLOSED)
    except OSError as error:
        print_error(ChatError(explain(error)))
        _flush_or_discard()
    sys.exit(ChatError.exit_code)


def _call(app: typer.Typer, program: str) -> None:
    """Call the command and flush its output, so that a write error is reported before the exit."""
    try:
        sys.exit(get_command(app)(prog_name=program, standalone_mode=False))
    except _CommandLineError as error:
        error.message = clean_lines(error.message)  # it repeats what was typed
        error.show()
        sys.exit(error.exit_code)
    except typer.Abort:
        raise ChatError("Aborted.") from None
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # Typer exits with 1
            raise end.__context__ from None
        raise
    finally:
        sys.stdout.flush()


def print_error(error: ChatError) -> None:
    """Write an error's sentence to standard error, with overlong words shortened."""
    sentence = _LONG_WORD.sub(_shorten, error.sentence)
    echo_error(f"Error: {sentence}")


def _shorten(word: re.Match[str]) -> str:
    return truncate_characters(word[0], _SHORTENED_LENGTH) + "..."


def explain(error: OSError) -> str:
    """Return a sentence with the reason for an OS error and the file name, if known."""
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno in FULL_DISK:
        written = error.filename or "The output"
        return f"{written} cannot be written ({reason}). Make room or choose another place, and try again."
    if error.filename and error.errno in _DENIED:
        return f"{error.filename} cannot be opened ({reason}). Check its permissions, or name another file."
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."


def echo(text: str) -> None:
    """Print a text to standard output, sanitised, at once."""
    print(clean_lines(text), flush=True)


def echo_error(text: str) -> None:
    """Print a text to standard error, sanitised, at once."""
    print(clean_lines(text), file=sys.stderr, flush=True)


def echo_json(text: str) -> None:
    """Print a JSON text with invisible characters escaped.

    It is ASCII if the encoding of standard output lacks characters.
    """
    echo(escape_hidden(text) if is_unicode(sys.stdout) else escape_non_ascii(text))


def _set_up_streams() -> None:
    """Make the standard streams usable whatever the caller and the locale provide."""
    _replace_closed_streams()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        make_lenient(stream)


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
    echo_error(f"Error: {describe_defect(error)}")
