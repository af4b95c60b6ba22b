"""Declares, finds and runs slash commands.

A command is a function: its name is the command, its signature the grammar, its docstring the help.
"""

import difflib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import NoneType
from typing import Any, NewType, get_args, get_type_hints

from app.client.protocol.model import ClientState
from app.errors import UsageError

Rest = NewType("Rest", str)
"""The type of a parameter that takes the rest of the line."""

CommandFunction = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a slash command."""

    name: str
    is_required: bool
    is_rest: bool
    is_number: bool

    def __str__(self) -> str:
        metavar = f"{self.name.upper()} ..." if self.is_rest else self.name.upper()
        return metavar if self.is_required else f"[{metavar}]"


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A slash command, its parameters and its requirements."""

    name: str
    function: CommandFunction
    parameters: tuple[Parameter, ...]
    needs: str
    takes_secret: bool
    works_offline: bool

    @property
    def usage(self) -> str:
        """The command with its parameters."""
        return " ".join([f"/{self.name}", *map(str, self.parameters)])

    @property
    def summary(self) -> str:
        """The first line of the help."""
        return (self.function.__doc__ or "").partition("\n")[0]

    @property
    def help(self) -> str:
        """The complete help."""
        return inspect.cleandoc(self.function.__doc__ or "")

    def is_available(self, state: ClientState) -> bool:
        """Return whether the server supports the command; True while offline."""
        return not self.needs or not state.is_online or state.has(self.needs)

    def parse(self, text: str) -> list[str | int | None]:
        """Return the arguments in the text after the command's name.

        Raises: UsageError when they do not match the parameters.
        """
        values: list[str | int | None] = []
        for parameter in self.parameters:
            word, text = (text.strip(), "") if parameter.is_rest else _split_word(text)
            if not word and parameter.is_required:
                raise UsageError(f"Usage: {self.usage}")
            values.append(_parse_number(self, word) if parameter.is_number and word else word or None)
        if text.strip():
            raise UsageError(self._explain_excess())
        return values

    def _explain_excess(self) -> str:
        if self.takes_secret:
            return f"Do not type a password here, where it is visible. /{self.name} prompts for it."
        return f"Usage: {self.usage}"


def command(
    needs: str = "", takes_secret: bool = False, works_offline: bool = False
) -> Callable[[CommandFunction], SlashCommand]:
    """Declare a slash command; `needs` names the capability that the server must support."""

    def declare(function: CommandFunction) -> SlashCommand:
        name = function.__name__.rstrip("_")
        return SlashCommand(name, function, _parameters(function), needs, takes_secret, works_offline)

    return declare


def _parameters(function: CommandFunction) -> tuple[Parameter, ...]:
    """Return the parameters after the first, which is the controller."""
    hints = get_type_hints(function)
    declared = list(inspect.signature(function).parameters.values())[1:]
    return tuple(_parameter(parameter, hints[parameter.name]) for parameter in declared)


def _parameter(declared: inspect.Parameter, hint: Any) -> Parameter:
    kinds = [kind for kind in get_args(hint) or (hint,) if kind is not NoneType]
    return Parameter(declared.name, declared.default is inspect.Parameter.empty, Rest in kinds, int in kinds)


def _split_word(text: str) -> tuple[str, str]:
    word, _, rest = text.strip().partition(" ")
    return word, rest


def _parse_number(command: SlashCommand, word: str) -> int:
    if not word.isdecimal():
        raise UsageError(f"{word!r} is not a number. Usage: {command.usage}")
    return int(word)


class SlashCommands:
    """A table of slash commands."""

    def __init__(self, *commands: SlashCommand) -> None:
        self._commands = {command.name: command for command in commands}

    def __iter__(self) -> Iterator[SlashCommand]:
        return iter(self._commands.values())

    def parse(self, text: str, state: ClientState) -> tuple[SlashCommand, list[str | int | None]]:
        """Return the command in a line such as `/part #tea`, and its arguments.

        Raises: UsageError when the command is unknown, malformed or currently not available.
        """
        name, _, rest = text.removeprefix("/").partition(" ")
        found = self.get(name, state)
        if not state.is_online and not found.works_offline:
            raise UsageError(f"/{found.name} requires a connection; you are not connected to a server.")
        return found, found.parse(rest)

    def get(self, name: str, state: ClientState) -> SlashCommand:
        """Return a command that the server supports.

        Raises: UsageError if there is none, with a suggestion for a misspelled name.
        """
        found = self._commands.get(name.lower())
        if found is None:
            similar = self._find_similar(name)
            hint = f"Did you mean /{similar.name}?" if similar else "/help lists all commands."
            raise UsageError(f"Unknown command /{name}. {hint}")
        if not found.is_available(state):
            raise UsageError(f"This server does not support /{found.name}.")
        return found

    def has_password(self, text: str) -> bool:
        """Return whether a line of input may contain a password, so that it must not be stored."""
        name, _, rest = text.removeprefix("/").partition(" ")
        similar = self._find_similar(name) if text.startswith("/") else None
        return similar is not None and similar.takes_secret and len(rest.split()) > len(similar.parameters)

    def _find_similar(self, name: str) -> SlashCommand | None:
        names = difflib.get_close_matches(name.lower(), self._commands, n=1)
        return self._commands[names[0]] if names else None
