"""What the three programs share: their frame around Typer, and how every failure reaches the person.

A `ChatError` is its sentence on standard error and its exit code. A defect in the program is one sentence
too, with the place to report; the whole traceback is shown when CHAT_TRACEBACK is set. Ctrl-C ends with 130,
and a reader of standard output that goes away (`| head`) ends the program without a word.
"""

import os
import re
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import NoReturn

import typer
from typer.main import get_command

from app.errors import ChatError

DISTRIBUTION = "durable-chat"
INTERRUPTED = 130  # 128 and SIGINT, as shells count
_LONG_WORD = re.compile(r"(\S{60})\S{340,}")


def new_app(summary: str | None = None) -> typer.Typer:
    """Return an empty command tree: plain text, `-h` beside `--help`, help when nothing was asked for.

    Without a summary it is for a program that is one command and needs no arguments.
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
    """Print the version when `--version` was given, then end."""
    if wanted:
        typer.echo(f"{DISTRIBUTION} {version(DISTRIBUTION)}")
        raise typer.Exit


def run(app: typer.Typer, program: str) -> NoReturn:
    """Run a program to its end and exit with its code."""
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
        _leave_quietly()
    except OSError as error:
        print_error(ChatError(explain(error)))
        _forget_output()
    sys.exit(ChatError.exit_code)


def _call(app: typer.Typer, program: str) -> None:
    """Call the command and see its output out, so that a failure to write is met here and not at exit."""
    try:
        get_command(app)(prog_name=program)
    finally:
        sys.stdout.flush()


def print_error(error: ChatError) -> None:
    """Write the sentence to standard error; of a word as long as a page, its beginning."""
    sentence = _LONG_WORD.sub(r"\1...", error.sentence)
    typer.echo(f"Error: {sentence}", err=True)


def explain(error: OSError) -> str:
    """Say what the system refused: the file, when there is one, and the reason."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."


def _replace_closed_streams() -> None:
    """Let what is written to a stream that the caller closed (`>&-`) go nowhere, and read nothing from one.

    This also takes its number, which a database file would get else.
    """
    nowhere = Path(os.devnull)
    sys.stdin = sys.stdin or nowhere.open(encoding="utf-8")
    sys.stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nowhere.open("w", encoding="utf-8")


def _forget_output() -> None:
    """Drop what could not be written, as on a full disk."""
    try:
        sys.stdout.flush()
    except OSError:
        _leave_quietly()


def _leave_quietly() -> None:
    """Keep the interpreter from complaining once more when it flushes standard output at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Write one sentence about an error nobody foresaw, and the traceback only when it was asked for."""
    if os.environ.get("CHAT_TRACEBACK"):
        traceback.print_exception(kind, error, trace)
    frames = traceback.extract_tb(trace)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
    sys.stderr.write(
        f"Error: the program has a defect ({kind.__name__} at {place}); please report it. "
        "CHAT_TRACEBACK=1 shows the details.\n"
    )
