"""The page of commands matches the command table and lists every error reply."""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from app.commands import table
from app.commands.registry import Command
from app.wire import numerics
from app.wire.numerics import Numeric

PAGE = (Path(__file__).parents[1] / "docs" / "commands.md").read_text(encoding="utf-8")
SOURCES = sorted(Path(table.__file__).parent.rglob("*.py"))
CODES = {value.code: name for name, value in vars(numerics).items() if isinstance(value, Numeric)}


def entries() -> Iterator[Command]:
    """Yield every command, followed by its subcommands, in the order of the page."""
    for _, command in sorted(table.build_command_table().by_verb.items()):
        yield from _with_family(command)


def _with_family(command: Command) -> Iterator[Command]:
    yield command
    for member in command.subcommands.values():
        yield from _with_family(member)


def entry(command: Command) -> str:
    """Return the entry of a command on the page, up to its error replies."""
    level = "####" if " " in command.name else "###"
    said = [f"{level} {command.name}", f"`{command.syntax}`", "\n".join(command.help)]
    if command.before_registration:
        said.append("May be used before registration.")
    if command.admin_only:
        said.append("For administrators only.")
    return "\n\n".join(said) + "\n"


def section(name: str) -> str:
    """Return the text under a heading of the page."""
    return re.split(rf"^###+ {re.escape(name)}$", PAGE, flags=re.MULTILINE)[1].partition("\n###")[0]


def refusals(path: Path) -> Iterator[str]:
    """Yield the error numerics and FAIL codes used in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr.startswith("ERR_"):
            yield getattr(numerics, node.attr).code
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = {"FailReply": 1, "failed": 0}.get(node.func.id)
            code = node.args[place] if place is not None else None
            if isinstance(code, ast.Constant):
                yield code.value


def test_every_command_is_on_the_page_with_its_syntax_and_help() -> None:
    for command in entries():
        assert f"\n{entry(command)}\n" in PAGE, f"docs/commands.md lacks this:\n\n{entry(command)}"


def test_nothing_else_is_on_the_page_and_all_in_order() -> None:
    headings = re.findall(r"^###+ (.+)$", PAGE, re.MULTILINE)
    assert headings == [command.name for command in entries()]


def test_every_command_says_what_refuses_it() -> None:
    for command in entries():
        said = section(command.name)
        assert "\nRefused: " in said or "\nNever refused." in said, command.name


def test_what_refuses_is_a_numeric_for_that() -> None:
    for command in entries():
        for code in re.findall(r"`(\d{3})`", section(command.name).partition("\nRefused: ")[2]):
            assert CODES[code].startswith("ERR_"), f"{command.name}: {code}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_refusal_in_the_code_is_on_the_page(path: Path) -> None:
    assert [code for code in refusals(path) if f"`{code}`" not in PAGE] == []


def test_every_fail_code_on_the_page_is_sent_by_that_package() -> None:
    """A code under a command is a constant in the package of its handler."""
    for command in entries():
        promised = re.findall(r"`([A-Z]+_[A-Z_]+)`", section(command.name).partition("\nRefused: ")[2])
        known = constants(Path(inspect.getfile(command.handler)).parent) if promised else set()
        assert set(promised) <= known, command.name


@cache
def constants(package: Path) -> set[str]:
    """Return the strings that occur in the code of a package."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in package.glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
