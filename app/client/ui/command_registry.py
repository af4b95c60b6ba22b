"""The table of slash commands: a function's name is the command, its signature the grammar, its docstring the help."""

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType
from typing import Any, NewType, get_args, get_type_hints

from app.client.protocol.model import ClientState
from app.client.ui.controller import Controller
from app.errors import UsageError

Rest = NewType("Rest", str)
"""A parameter of this type takes the rest of the line."""

Body = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A word that a command takes."""

    name: str
    is_required: bool
    is_rest: bool
    is_number: bool

    def __str__(self) -> str:
        shown = f"{self.name}…" if self.is_rest else self.name
        return f"<{shown}>" if self.is_required else f"[{shown}]"


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A slash command."""

    name: str
    body: Body
    parameters: tuple[Parameter, ...]
    needs: str
    takes_secret: bool
    works_offline: bool

    @property
    def usage(self) -> str:
        """How it is typed."""
        return " ".join([f"/{self.name}", *map(str, self.parameters)])

    @property
    def help(self) -> str:
        """What it does, in one sentence."""
        return (self.body.__doc__ or "").partition("\n")[0]

    @property
    def explanation(self) -> str:
        """What it does, in full."""
        return inspect.cleandoc(self.body.__doc__ or "")

    def is_offered(self, state: ClientState) -> bool:
        """Whether the server can do it."""
        return not self.needs or not state.is_online or state.has(self.needs)

    def read(self, text: str) -> list[str | int | None]:
        """Read what was typed behind the name.

        Raises: UsageError when it does not fit the grammar.
        """
        values: list[str | int | None] = []
        for parameter in self.parameters:
            word, text = (text.strip(), "") if parameter.is_rest else _first_word(text)
            if not word and parameter.is_required:
                raise UsageError(f"Usage: {self.usage}")
            values.append(_number(self, word) if parameter.is_number and word else word or None)
        if text.strip():
            raise UsageError(self._too_much())
        return values

    def _too_much(self) -> str:
        if self.takes_secret:
            return f"Do not type a password here, where it can be read: /{self.name} asks for it."
        return f"Usage: {self.usage}"


COMMANDS: dict[str, SlashCommand] = {}


def command(
    needs: str = "", takes_secret: bool = False, works_offline: bool = False
) -> Callable[[Body], Body]:
    """Register a slash command; `needs` is the capability without which it is not offered."""

    def register(body: Body) -> Body:
        name = body.__name__.rstrip("_")
        COMMANDS[name] = SlashCommand(name, body, _parameters(body), needs, takes_secret, works_offline)
        return body

    return register


def _parameters(body: Body) -> tuple[Parameter, ...]:
    """Read the grammar from a signature; the first parameter is the talk."""
    hints = get_type_hints(body)
    found = list(inspect.signature(body).parameters.values())[1:]
    return tuple(_parameter(one, hints[one.name]) for one in found)


def _parameter(found: inspect.Parameter, hint: Any) -> Parameter:
    kinds = [kind for kind in get_args(hint) or (hint,) if kind is not NoneType]
    return Parameter(found.name, found.default is inspect.Parameter.empty, Rest in kinds, int in kinds)


def _first_word(text: str) -> tuple[str, str]:
    word, _, rest = text.strip().partition(" ")
    return word, rest


def _number(command: SlashCommand, word: str) -> int:
    if not word.isdecimal():
        raise UsageError(f"{word} is not a number. Usage: {command.usage}")
    return int(word)


def perform(controller: Controller, text: str) -> None:
    """Carry out what was typed: `/name …` is a command, `//…` is a text that begins with a slash.

    Raises: UsageError with a sentence for the person.
    """
    if text.startswith("//") or not text.startswith("/"):
        controller.say(text.removeprefix("/") if text.startswith("//") else text)
        return
    name, _, rest = text[1:].partition(" ")
    chosen = find(name, controller.state)
    _require_connection(chosen, controller.state)
    chosen.body(controller, *chosen.read(rest))


def find(name: str, state: ClientState) -> SlashCommand:
    """Return a command that the server can do.

    Raises: UsageError with a suggestion.
    """
    chosen = COMMANDS.get(name.lower())
    if chosen is None:
        similar = difflib.get_close_matches(name.lower(), COMMANDS, n=1)
        hint = f"Did you mean /{similar[0]}?" if similar else "/help lists the commands."
        raise UsageError(f"There is no command /{name}. {hint}")
    if not chosen.is_offered(state):
        raise UsageError(f"This server cannot do /{chosen.name}.")
    return chosen


def _require_connection(chosen: SlashCommand, state: ClientState) -> None:
    if not state.is_online and not chosen.works_offline:
        raise UsageError(f"/{chosen.name} needs the server, and there is no connection now.")


def shows_secret(text: str) -> bool:
    """Whether what was typed may hold a password, so that it must not be kept."""
    name, _, rest = text.removeprefix("/").partition(" ")
    similar = difflib.get_close_matches(name.lower(), COMMANDS, n=1)
    meant = COMMANDS.get(similar[0]) if text.startswith("/") and similar else None
    return meant is not None and meant.takes_secret and len(rest.split()) > len(meant.parameters)
