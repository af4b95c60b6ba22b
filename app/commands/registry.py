"""Command declarations, and the table that the server looks commands up in.

A function's name is the verb, its signature the grammar, its docstring the help text. `@command`
and `@subcommand` only attach a declaration to the function; a `CommandTable` is built from an
explicit list of such functions: `app.commands.table` joins those of the families. HELP, the 461
reply and `docs/commands.md` are derived from the declarations.

A parameter without a default is required. A last parameter `*rest` takes all remaining words.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NewType

from app.engine.submission_unit import SlowWork

Handler = Callable[..., SlowWork | None]
Secret = NewType("Secret", str)  # a parameter that is never echoed, not even to its sender
_DECLARATION = "_declaration"  # the attribute that holds the declaration of a handler


@dataclass(slots=True)
class Command:
    """A verb or a subcommand such as `CAP LS`: its handler and the rules for its use."""

    name: str
    handler: Handler
    cost: int = 1  # tokens of the client's rate limit
    writes: bool = False  # emits events, so it needs a writable log
    before_registration: bool = False  # allowed before the client has registered
    admin_only: bool = False
    waits_for_storage: bool = False  # delayed, not refused, while nothing can be stored
    reads_world: bool = True  # if False, it also runs while the world is ahead of the log
    alias: str = ""  # a short form of the verb
    grammar: str = ""  # the parameters as help shows them, where the signature cannot express them
    subcommand_index: int = 0  # the parameter that holds the name of the subcommand
    subcommands: Mapping[str, "Command"] = field(default_factory=dict)
    min_params: int = field(init=False)
    max_params: int | None = field(init=False)  # None if unlimited
    is_quick: bool = field(init=False)  # never returns slow work

    def __post_init__(self) -> None:
        parameters = _parameters(self.handler)
        self.min_params = sum(p.default is p.empty and p.kind is not p.VAR_POSITIONAL for p in parameters)
        is_variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self.max_params = None if is_variadic else len(parameters)
        self.is_quick = _signature(self.handler).return_annotation is None

    @property
    def syntax(self) -> str:
        """The grammar as help shows it: `KICK <channel> <nicks> [<reason>]`."""
        if self.grammar:
            return f"{self.name} {self.grammar}"
        verb, *subcommand = self.name.split(" ")
        words = [verb]
        for parameter in _parameters(self.handler):
            name = f"<{parameter.name.rstrip('_').replace('_', '-')}>"
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                words.append(f"[{name} ...]")
            else:
                words.append(name if parameter.default is inspect.Parameter.empty else f"[{name}]")
        index = 1 + self.subcommand_index
        words[index:index] = subcommand
        return " ".join(words)

    @property
    def help(self) -> list[str]:
        """The lines of the help text."""
        return inspect.cleandoc(self.handler.__doc__ or "").splitlines()

    @property
    def has_secrets(self) -> bool:
        """Whether any of its parameters is a secret."""
        return any(parameter.annotation is Secret for parameter in _parameters(self.handler))


@dataclass(frozen=True, slots=True)
class Subcommand:
    """The declaration of a subcommand, which inherits all other attributes from its parent."""

    name: str
    handler: Handler
    cost: int
    writes: bool
    grammar: str

    def bind(self, parent: Command) -> Command:
        """Return the subcommand as a command that inherits from `parent`."""
        return replace(
            parent,
            name=f"{parent.name} {self.name}",
            handler=self.handler,
            cost=self.cost,
            writes=self.writes,
            grammar=self.grammar,
            waits_for_storage=False,
            alias="",
            subcommands={},
        )


def command(
    name: str = "",
    *,
    cost: int = 1,
    writes: bool = False,
    before_registration: bool = False,
    admin_only: bool = False,
    waits_for_storage: bool = False,
    reads_world: bool = True,
    alias: str = "",
    subcommand_index: int = 0,
) -> Callable[[Handler], Handler]:
    """Declare the handler of a command; the verb defaults to the function's name."""

    def declare(handler: Handler) -> Handler:
        declaration = Command(
            name or handler.__name__.rstrip("_").upper(),
            handler,
            cost,
            writes,
            before_registration,
            admin_only,
            waits_for_storage,
            reads_world,
            alias,
            subcommand_index=subcommand_index,
        )
        setattr(handler, _DECLARATION, declaration)
        return handler

    return declare


def subcommand(
    name: str = "", *, cost: int = 1, writes: bool = False, grammar: str = ""
) -> Callable[[Handler], Handler]:
    """Declare the handler of a subcommand; the name defaults to the last word of the function's."""

    def declare(handler: Handler) -> Handler:
        word = name or handler.__name__.rpartition("_")[2].upper()
        setattr(handler, _DECLARATION, Subcommand(word, handler, cost, writes, grammar))
        return handler

    return declare


def declaration_of(handler: object) -> Command | Subcommand | None:
    """Return the declaration that a decorator attached to a function, or None."""
    declaration = getattr(handler, _DECLARATION, None)
    return declaration if isinstance(declaration, Command | Subcommand) else None


class Family:
    """A command with its subcommands, as an entry of a `CommandTable`.

    The command's own handler runs when the parameter at its `subcommand_index` names no subcommand.
    """

    def __init__(self, handler: Handler, *members: "Handler | Family") -> None:
        self.handler = handler
        self.members = members


CommandEntry = Handler | Family


class CommandTable:
    """All commands of the server by verb, and the aliases of verbs.

    Raises: ValueError when an entry is not declared, or two entries have the same name.
    """

    __slots__ = ("aliases", "by_verb")

    def __init__(self, *entries: CommandEntry) -> None:
        self.by_verb: Mapping[str, Command] = _index(entries, None)
        self.aliases: dict[str, str] = {}
        for verb, declared in self.by_verb.items():
            if declared.alias in self.aliases or declared.alias in self.by_verb:
                raise ValueError(f"The alias {declared.alias} of {verb} is already in use")
            if declared.alias:
                self.aliases[declared.alias] = verb

    def verb_for(self, word: str) -> str:
        """Return the verb that a word is an alias of, or the word itself."""
        return self.aliases.get(word, word)

    def find(self, verb: str, params: list[str]) -> tuple[Command | None, list[str]]:
        """Return the command or subcommand of a line, or None, and the remaining parameters."""
        found = self.by_verb.get(verb)
        while found is not None and found.subcommands and len(params) > found.subcommand_index:
            index = found.subcommand_index
            member = found.subcommands.get(params[index].upper())
            if member is None:
                break
            found, params = member, params[:index] + params[index + 1 :]
        return found, params


def _index(entries: Iterable[CommandEntry], parent: Command | None) -> dict[str, Command]:
    index: dict[str, Command] = {}
    for entry in entries:
        family = entry if isinstance(entry, Family) else Family(entry)
        declared = _declared(family.handler, parent)
        declared = replace(declared, subcommands=_index(family.members, declared))
        word = declared.name.rpartition(" ")[2]
        if word in index:
            raise ValueError(f"{declared.name} is declared twice")
        index[word] = declared
    return index


def _declared(handler: Handler, parent: Command | None) -> Command:
    declaration = declaration_of(handler)
    if parent is None and isinstance(declaration, Command):
        return declaration
    if parent is not None and isinstance(declaration, Subcommand):
        return declaration.bind(parent)
    kind = "command" if parent is None else f"subcommand of {parent.name}"
    raise ValueError(f"{handler.__name__} is not declared as a {kind}")


def _parameters(handler: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(_signature(handler).parameters.values())[1:]


@cache
def _signature(handler: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a handler: inspecting it takes 50 microseconds."""
    return inspect.signature(handler)
