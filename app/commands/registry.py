"""The table of commands. A function's name is the verb, its signature the grammar, its docstring the help.

Parameters without a default must be there (else 461); a last parameter annotated `list[str]` by `*rest` takes
all that remain. HELP, the errors, `docs/commands.md` and the costs are all derived from this table.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NewType

from app.engine.submission_unit import SlowWork

Run = Callable[..., SlowWork | None]
Secret = NewType("Secret", str)  # a parameter that nobody is shown again, not even who gave it


@dataclass(slots=True)
class Command:
    """One verb: what to run, and everything that is said of it in one place."""

    name: str
    run: Run
    cost: int  # taken from the rate bucket
    writes: bool  # emits events, so it needs the log
    early: bool  # allowed before registration is finished
    admin: bool  # for administrators only
    waits: bool = False  # can't be refused while nothing can be stored
    blind: bool = False  # looks at nothing that people change, so it is answered whatever the storage does
    grammar: str = ""  # of the parameters, where the signature cannot say it
    place: int = 0  # which parameter names the member of the family that is meant
    family: dict[str, "Command"] = field(default_factory=dict)
    minimum: int = 0
    maximum: int | None = 0
    is_quick: bool = False  # never asks its caller's thread for slow work

    @property
    def looks(self) -> bool:
        """Whether its answer depends on what people change."""
        return not self.blind

    @property
    def syntax(self) -> str:
        """The grammar, as help shows it: `KICK <channel> <nicks> [<reason>]`."""
        if self.grammar:
            return f"{self.name} {self.grammar}"
        verb, *member = self.name.split(" ")
        words = [verb]
        for parameter in _parameters(self.run):
            name = f"<{parameter.name.rstrip('_').replace('_', '-')}>"
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                words.append(f"[{name} ...]")
            else:
                words.append(name if parameter.default is inspect.Parameter.empty else f"[{name}]")
        words[1 + self.place : 1 + self.place] = member
        return " ".join(words)

    @property
    def help(self) -> list[str]:
        """The help text, line by line."""
        return inspect.cleandoc(self.run.__doc__ or "").splitlines()

    @property
    def has_secrets(self) -> bool:
        """Whether one of its parameters is a secret."""
        return any(parameter.annotation is Secret for parameter in _parameters(self.run))


COMMANDS: dict[str, Command] = {}
ALIASES: dict[str, str] = {}  # short names, and the verbs they stand for


def command(
    name: str = "",
    *,
    cost: int = 1,
    writes: bool = False,
    early: bool = False,
    admin: bool = False,
    waits: bool = False,
    blind: bool = False,
    alias: str = "",
    place: int = 0,
) -> Callable[[Run], Run]:
    """Put a function into the table, under its own name unless another is given."""

    def declare(run: Run) -> Run:
        verb = name or run.__name__.rstrip("_").upper()
        COMMANDS[verb] = _command(Command(verb, run, cost, writes, early, admin, waits, blind, place=place))
        if alias:
            ALIASES[alias] = verb
        return run

    return declare


def subcommand(
    verb: str, name: str = "", *, writes: bool = False, cost: int = 1, grammar: str = ""
) -> Callable[[Run], Run]:
    """Put a function into the family of a verb: it runs when a parameter, the first unless said, is its name.

    The verb's own function, declared before, runs when no member of the family is meant. A member may have a
    family too: `subcommand("NICKSERV SET")`.
    """

    def declare(run: Run) -> Run:
        parent, _ = find_command(*_split(verb))
        if parent is None or parent.name != verb:
            raise LookupError(f"{verb} is not declared yet")
        word = name or run.__name__.rpartition("_")[2].upper()
        member = replace(parent, name=f"{verb} {word}", run=run, cost=cost, writes=writes, grammar=grammar)
        member.waits, member.family = False, {}
        parent.family[word] = _command(member)
        return run

    return declare


def _split(name: str) -> tuple[str, list[str]]:
    verb, *words = name.split(" ")
    return verb, words


def verb_of(word: str) -> str:
    """Return the verb that a word is, or stands for."""
    return ALIASES.get(word, word)


def find_command(verb: str, params: list[str]) -> tuple[Command | None, list[str]]:
    """Return the command that a verb is, or the member of its family, and the parameters left for it."""
    found = COMMANDS.get(verb)
    while found is not None and found.family and len(params) > found.place:
        member = found.family.get(params[found.place].upper())
        if member is None:
            break
        found, params = member, params[: found.place] + params[found.place + 1 :]
    return found, params


def _command(made: Command) -> Command:
    """Read off the signature how many parameters there are, and whether slow work may be asked for."""
    parameters = _parameters(made.run)
    made.minimum = sum(p.default is p.empty and p.kind is not p.VAR_POSITIONAL for p in parameters)
    made.maximum = None if any(p.kind is p.VAR_POSITIONAL for p in parameters) else len(parameters)
    made.is_quick = inspect.signature(made.run).return_annotation is None
    return made


def _parameters(run: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(run).parameters.values())[1:]
