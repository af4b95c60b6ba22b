"""Declares, finds and parses slash commands.

A command is a function: its name is the command, its signature the grammar, its docstring the help.
"""

import difflib
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any, NewType, get_args, get_type_hints

from app.client.protocol.model import ClientState
from app.errors import UsageError
from app.wire.numbers import parse_number

Rest = NewType("Rest", str)
"""The type of a parameter that takes the rest of the line."""

Channel = NewType("Channel", str)
"""The type of an optional parameter that takes the next word only if it names a room (`#tea`)."""

CommandFunction = Callable[..., None]
Arguments = list[str | int | None]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a slash command."""

    name: str
    kind: object  # Rest, Channel, int or str
    is_required: bool

    def __str__(self) -> str:
        if self.kind is Channel:
            return f"[#{self.name.upper()}]"
        metavar = f"{self.name.upper()} ..." if self.kind is Rest else self.name.upper()
        return metavar if self.is_required else f"[{metavar}]"

    def take(self, text: str, room_prefixes: str) -> tuple[str, str]:
        """Return this parameter's part of a text, and the remaining text."""
        if self.kind is Rest:
            return text.strip(), ""
        word, _, rest = text.strip().partition(" ")
        if self.kind is Channel and not word.startswith(tuple(room_prefixes)):
            return "", text
        return word, rest


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A slash command, its parameters and its requirements."""

    name: str
    function: CommandFunction
    parameters: tuple[Parameter, ...]
    aliases: tuple[str, ...]
    needs: str
    takes_secret: bool
    works_offline: bool

    @property
    def usage(self) -> str:
        """The command with its parameters."""
        return " ".join([f"/{self.name}", *map(str, self.parameters)])

    @property
    def names(self) -> str:
        """The usage, preceded by the aliases: `/join, /j ROOM [KEY]`."""
        return ", /".join([f"/{self.name}", *self.aliases]) + self.usage.removeprefix(f"/{self.name}")

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

    def parse(self, text: str, room_prefixes: str = "#&") -> Arguments:
        """Return the arguments in the text after the command's name.

        Raises: UsageError when they do not match the parameters.
        """
        values: Arguments = []
        for parameter in self.parameters:
            word, text = parameter.take(text, room_prefixes)
            if not word and parameter.is_required:
                raise UsageError(f"Usage: {self.usage}")
            values.append(_parse_number(self, word) if parameter.kind is int and word else word or None)
        if text.strip():
            raise UsageError(self._explain_excess())
        return values

    def _explain_excess(self) -> str:
        if self.takes_secret:
            return f"Do not type a password here, where it is visible. /{self.name} prompts for it."
        return f"Usage: {self.usage}"


def command(
    *aliases: str, needs: str = "", takes_secret: bool = False, works_offline: bool = False
) -> Callable[[CommandFunction], SlashCommand]:
    """Declare a slash command; `needs` names the capability that the server must support."""

    def declare(function: CommandFunction) -> SlashCommand:
        name = function.__name__.rstrip("_")
        parameters = _parameters(function)
        return SlashCommand(name, function, parameters, aliases, needs, takes_secret, works_offline)

    return declare


def _parameters(function: CommandFunction) -> tuple[Parameter, ...]:
    """Return the parameters after the first, which is the controller."""
    hints = get_type_hints(function)
    declared = list(inspect.signature(function).parameters.values())[1:]
    return tuple(_parameter(parameter, hints[parameter.name]) for parameter in declared)


def _parameter(declared: inspect.Parameter, hint: Any) -> Parameter:
    kind, *_ = [kind for kind in get_args(hint) or (hint,) if kind is not NoneType]
    has_default = declared.default is not inspect.Parameter.empty
    return Parameter(declared.name, kind, is_required=kind is not Channel and not has_default)


def _parse_number(command: SlashCommand, word: str) -> int:
    number = parse_number(word)
    if number is None:
        raise UsageError(f"{word!r} is not a number. Usage: {command.usage}")
    return number


class SlashCommands:
    """A table of slash commands in groups with titles; commands are found by name or alias.

    Raises: ValueError when two commands share a name or an alias.
    """

    def __init__(self, groups: Mapping[str, tuple[SlashCommand, ...]]) -> None:
        self.groups = groups
        pairs = [(name, command) for command in self for name in (command.name, *command.aliases)]
        self._by_name = dict(pairs)
        if len(self._by_name) < len(pairs):
            raise ValueError("Two slash commands share a name")

    def __iter__(self) -> Iterator[SlashCommand]:
        return itertools.chain.from_iterable(self.groups.values())

    def parse(self, text: str, state: ClientState) -> tuple[SlashCommand, Arguments]:
        """Return the command in a line such as `/part #tea`, and its arguments.

        Raises: UsageError when the command is unknown, malformed or currently not available.
        """
        name, rest = split_command(text)
        found = self.get(name, state)
        if not state.is_online and not found.works_offline:
            raise UsageError(f"/{found.name} requires a connection; you are not connected to a server.")
        return found, found.parse(rest, state.room_prefixes)

    def find(self, name: str) -> SlashCommand | None:
        """Return the command with a name or alias, or None."""
        return self._by_name.get(name.lower())

    def get(self, name: str, state: ClientState) -> SlashCommand:
        """Return a command that the server supports.

        Raises: UsageError if there is none, with a suggestion for a misspelled name.
        """
        found = self.find(name)
        if found is None:
            similar = self.find_similar(name)
            hint = f"Did you mean /{similar}?" if similar else "/help lists all commands."
            raise UsageError(f"Unknown command /{name}. {hint}")
        if not found.is_available(state):
            raise UsageError(f"This server does not support /{found.name}.")
        return found

    def find_similar(self, name: str) -> str | None:
        """Return the name or alias that a misspelled name resembles most, or None."""
        return next(iter(difflib.get_close_matches(name.lower(), self._by_name, n=1)), None)


def split_command(text: str) -> tuple[str, str]:
    """Return the name in a line such as `/part #tea`, and the rest of the line."""
    name, _, rest = text.lstrip().removeprefix("/").partition(" ")
    return name, rest
