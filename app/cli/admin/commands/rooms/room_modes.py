"""chat-admin room mode: the modes of a room.

A key is never an argument, which other users could see in the process list.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.cli import terminal
from app.cli.admin.commands.rooms.room_members import Name
from app.cli.admin.context import AdminContext
from app.cli.admin.prompts import read_room_key
from app.errors import UsageError
from app.services.rooms import modes as room_modes
from app.services.rooms.rooms import get_room
from app.wire.modes import MAX_CHANGES, ModeChange, parse_changes, takes_argument

KEY_IN_ARGUMENTS = (
    "There are too many arguments. A key is prompted for, or read with --key-stdin or --key-file: other users "
    "could see an argument."
)
KeyStdin = Annotated[
    bool, typer.Option("--key-stdin", help="Read the key for +k from the first line of standard input.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", metavar="FILE", help="Read the key for +k from the first line of FILE."),
]


class ModeCommand(terminal.PlainCommand):
    """A command that accepts modes to remove, such as `-m`, as an argument."""

    ignore_unknown_options = True


def change_modes(
    context: AdminContext,
    name: Name,
    modes: Annotated[
        str | None, typer.Argument(metavar="MODES", help="Changes, such as +m, -i or +l 50.")
    ] = None,
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGUMENT", help="Arguments of the modes.")
    ] = None,
    key_stdin: KeyStdin = False,
    key_file: KeyFile = None,
) -> None:
    """Show or change the modes of a room."""
    if modes is None:
        _show(context, name)
        return
    changes = list(_parse(modes, arguments or []))
    if any((change.sign, change.letter) == ("+", "k") for change in changes):
        key = read_room_key(key_stdin, key_file)
        changes = [replace(c, argument=key) if c.letter == "k" else c for c in changes]
    max_entries = context.settings.max_list_entries
    changed = context.change(lambda admin: room_modes.change_modes(admin, name, changes, max_entries))
    sentence = f"Changed the modes of {name}." if changed else f"The modes of {name} are unchanged."
    context.out.done(sentence, room=name, modes=modes, changed=changed)


def _show(context: AdminContext, name: str) -> None:
    with context.reading() as session:
        room = get_room(session, name)
        name, words = room.name, room_modes.format_modes_of(room)
    context.out.done(words, room=name, modes=words)


def _parse(modes: str, arguments: Sequence[str]) -> Iterator[ModeChange]:
    """Yield the changes with their arguments, except the key.

    Raises: UsageError when there are too many changes or arguments.
    """
    if sum(letter not in "+-" for letter in modes) > MAX_CHANGES:
        raise UsageError(f"At most {MAX_CHANGES} modes can be changed at once.")
    remaining = iter(arguments)
    for change in parse_changes(modes, []):
        needs_argument = takes_argument(change.sign, change.letter) and change.letter != "k"
        yield replace(change, argument=next(remaining, None)) if needs_argument else change
    if next(remaining, None) is not None:
        raise UsageError(KEY_IN_ARGUMENTS)
