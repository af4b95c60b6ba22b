"""The command table is built from an explicit list, and a mistake in the list is an error."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import FunctionType

import pytest

import app.commands
from app.commands.connect import cap
from app.commands.context import Context
from app.commands.registry import Command, CommandTable, Family, Handler, command, declaration_of, subcommand
from app.commands.table import build_command_table


@command(alias="HI")
def greet(ctx: Context) -> None:
    """Greet."""


@command("GREET")
def greet_again(ctx: Context) -> None:
    """Greet."""


@command(alias="GREET")
def hello(ctx: Context) -> None:
    """Greet."""


@subcommand()
def greet_twice(ctx: Context) -> None:
    """Greet twice."""


def undeclared(ctx: Context) -> None:
    """Do nothing."""


def handlers_of(commands: dict[str, Command]) -> Iterator[Handler]:
    """Yield the handlers of commands and of their subcommands."""
    for found in commands.values():
        yield found.handler
        yield from handlers_of(dict(found.subcommands))


def declared_handlers() -> Iterator[FunctionType]:
    """Yield every function in the command modules that carries a declaration."""
    for module in pkgutil.walk_packages(app.commands.__path__, "app.commands."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, FunctionType) and declaration_of(value):
                yield value


def test_every_declared_command_is_in_the_table() -> None:
    assert set(handlers_of(dict(build_command_table().by_verb))) == set(declared_handlers())


@pytest.mark.parametrize(
    "entries",
    [
        (greet, greet),
        (greet, greet_again),
        (greet, hello),
        (Family(greet, greet_twice, greet_twice),),
        (Family(greet, hello),),
        (Family(undeclared, greet_twice),),
        (greet_twice,),
        (undeclared,),
    ],
)
def test_duplicate_or_undeclared_entries_are_refused(entries: tuple[Handler | Family, ...]) -> None:
    with pytest.raises(ValueError, match=r"declared|in use"):
        CommandTable(*entries)


def test_declaring_a_command_does_not_add_it_to_a_table() -> None:
    assert CommandTable(greet).by_verb.keys() == {"GREET"}
    assert "GREET" not in build_command_table().by_verb


def test_a_table_leaves_its_declarations_unchanged() -> None:
    CommandTable(Family(cap.cap, cap.cap_ls))
    declaration = declaration_of(cap.cap)
    assert isinstance(declaration, Command)
    assert declaration.subcommands == {}
