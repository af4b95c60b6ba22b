"""Manual pages (`man 1 chat-admin`), made from the commands when a package is built.

The format is that of man(7): a line that begins with a dot is a request, `\\-` is a minus sign, and
`\\fB` and `\\fR` begin and end bold text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import typer
from typer.main import get_command

from app import errors
from app.cli import terminal
from app.setting_files import CLIENT_FILE, SERVER_FILE

_INTERRUPTED = "The program was interrupted with Ctrl\u2010C."
_OUTPUT_CLOSED = "The reader closed the standard output."
_SECTION = "1"


@dataclass(frozen=True, slots=True)
class DocumentedProgram:
    """A program, its command tree, and the settings files that it reads."""

    name: str
    app: typer.Typer
    files: Sequence[str]
    see_also: Sequence[str]


def list_programs() -> list[DocumentedProgram]:
    """Return the programs that have a manual page."""
    from app.cli.admin.tree import app as admin  # deferred: each imports much
    from app.cli.client_tree import app as client
    from app.cli.server.tree import app as server

    names = ("chat-server", "chat-admin", "chat-client")
    apps = ((names[0], server, SERVER_FILE), (names[1], admin, SERVER_FILE), (names[2], client, CLIENT_FILE))
    return [
        DocumentedProgram(name, app, [file], [other for other in names if other != name])
        for name, app, file in apps
    ]


def write_page(program: DocumentedProgram, version: str) -> str:
    """Return the manual page of a program in man(7) format."""
    return "\n".join(_page(program, version)) + "\n"


def _page(program: DocumentedProgram, version: str) -> Iterator[str]:
    command = get_command(program.app)
    root = _context(command, None, program.name)
    paragraphs = _paragraphs(command.help or "")
    summary = _lower_first(paragraphs[0].partition(". ")[0].rstrip("."))
    yield f'.TH {program.name.upper()} {_SECTION} "" "{terminal.DISTRIBUTION} {version}" "User Commands"'
    yield from (".SH NAME", f"{_escape(program.name)} \\- {_escape(summary)}")
    yield from (".SH SYNOPSIS", _usage(root))
    yield from (".SH DESCRIPTION", *_text(paragraphs))
    yield from (".SH OPTIONS", *_options(root))
    yield from (".SH COMMANDS", *_text(["Commands also accept the options above that they share."]))
    for context in _leaves(root):
        yield from _command(context)
    yield from (".SH EXIT STATUS", *_exit_codes())
    yield from (".SH FILES", *_files(program))
    yield ".SH SEE ALSO"
    for other in program.see_also:
        comma = "" if other == program.see_also[-1] else ","
        yield f".BR {_escape(other)} ({_SECTION}){comma}"


def _context(command: Any, parent: Any, name: str) -> Any:
    """Return the context in which a command describes itself; nothing is executed."""
    settings = {**command.context_settings, "resilient_parsing": True}
    return command.context_class(command, parent=parent, info_name=name, **settings)


def _leaves(context: Any) -> Iterator[Any]:
    """Yield a context for each command below a group."""
    for name in getattr(context.command, "commands", {}):
        below = _context(context.command.commands[name], context, name)
        if hasattr(below.command, "commands"):
            yield from _leaves(below)
        else:
            yield below


def _command(context: Any) -> Iterator[str]:
    words = context.command_path.partition(" ")[2]
    yield from (f".SS {_escape(words)}", _usage(context))
    yield from (".PP", *_text(_paragraphs(context.command.help or "")))
    yield from _options(context)


def _usage(context: Any) -> str:
    path, pieces = context.command_path, context.command.collect_usage_pieces(context)
    return f"\\fB{_escape(path)}\\fR {_escape(' '.join(pieces))}"


def _options(context: Any) -> Iterator[str]:
    """Yield the arguments and options as tagged paragraphs, except those that the root has too."""
    root = context.find_root()
    shared = set() if root is context else {tuple(one.opts) for one in root.command.get_params(root)}
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and tuple(parameter.opts) not in shared:
            names, explanation = record
            yield from (".TP", f"\\fB{_escape(names)}\\fR", *_text([explanation]))


def _exit_codes() -> Iterator[str]:
    """Yield the exit codes, with the first line of the documentation of each error."""
    meanings = {0: "Success, also if nothing had to change.", errors.ChatError.exit_code: "Failure."}
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.ChatError):
            meanings.setdefault(error.exit_code, (error.__doc__ or "").partition("\n")[0])
    meanings |= {errors.Interrupted.exit_code: _INTERRUPTED, terminal.OUTPUT_CLOSED: _OUTPUT_CLOSED}
    for code, meaning in sorted(meanings.items()):
        yield from (".TP", f"\\fB{code}\\fR", *_text([meaning]))


def _files(program: DocumentedProgram) -> Iterator[str]:
    for file in program.files:
        yield from (".TP", f"\\fI{_escape(file)}\\fR", *_text(["Settings, in the working directory."]))


def _paragraphs(text: str) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n|\f", text.strip())]


def _text(paragraphs: Sequence[str]) -> Iterator[str]:
    """Yield paragraphs; a line that begins with a dot or quote is protected."""
    for number, paragraph in enumerate(paragraphs):
        if number:
            yield ".PP"
        escaped = _escape(paragraph)
        yield f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def _escape(text: str) -> str:
    """Return a text in which nothing is a request: backslashes and minus signs are escaped."""
    return text.replace("\\", "\\e").replace("-", "\\-").replace("\u2010", "-")


def _lower_first(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
