"""Command groups whose commands are imported when they are called.

The help of such a group lists a summary of each command without importing it; a test compares the
summaries with the commands' own help.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command or a group of commands: its line in the help, and the function that imports it."""

    summary: str
    load: Callable[[], typer.Typer]


class LazyCommands(Mapping[str, Any]):
    """Click commands by name, imported on first access."""

    def __init__(self, declared: Mapping[str, LazyCommand]) -> None:
        self._declared = declared
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = get_command(self._declared[name].load())
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._declared

    def __iter__(self) -> Iterator[str]:
        return iter(self._declared)

    def __len__(self) -> int:
        return len(self._declared)


class LazyGroup(TyperGroup):
    """A group of the commands declared in a subclass."""

    declared: ClassVar[Mapping[str, LazyCommand]]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.commands = LazyCommands(self.declared)  # type: ignore[assignment]
        for parameter in self.params:
            _leave_absent(parameter)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands in the order of their declaration."""
        return list(self.declared)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the names and summaries of the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in self.declared.items()])

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Return the commands and options for shell completion, without importing the commands."""
        overview = copy(ctx)
        overview.command = TyperGroup(name=self.name, params=self.params, commands=self._summaries())
        return overview.command.shell_complete(overview, incomplete)

    def _summaries(self) -> dict[str, Any]:
        return {name: TyperCommand(name, help=command.summary) for name, command in self.declared.items()}


def _leave_absent(parameter: Any) -> None:
    """Let an option that is not given be None at once: its converter would take 1 ms to build."""
    convert = parameter.process_value

    def process_value(ctx: Any, value: Any) -> Any:
        is_absent = value is None and not parameter.required and parameter.callback is None
        return None if is_absent else convert(ctx, value)

    parameter.process_value = process_value
