"""Every option that takes a number or a time refuses an invalid one, in all three programs."""

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from app.cli import client_tree, terminal
from app.cli.admin import tree as admin_tree
from app.cli.server import tree as server_tree
from app.interrupts import note_interrupts
from tests.cli.admin.test_tree import CALLS, files, walk
from tests.cli.conftest import CommandResult, story_in
from tests.nasty_numbers import NASTY_NUMBERS, NASTY_TIMES

PROGRAMS = {"chat-admin": admin_tree.app, "chat-server": server_tree.app, "chat-client": client_tree.app}
NUMBERS = {"BYTES", "N", "PORT", "SECONDS"}
OTHER = {
    "FILE",
    "FILE-or-URL",
    "IP",
    "NAME",
    "ROOM",
    "TEXT",
    "COMMAND",
    "FORMAT",
    "ROLE",
    "KEY",
    "TYPE",
    "ACTION",
    "ADDRESS",
    "CHOICE",
    "DB",
    "MSGID",
    "POSITION:DIGEST",
}
CHECK_FAILED = 3  # `chat-server check` reports a wrong setting, instead of refusing it
Option = tuple[str, tuple[str, ...], str]
Run = Callable[..., CommandResult]


def options(*metavars: str) -> list[Option]:
    """Return program, command and name of each option with one of these metavariables."""
    return [
        (program, path, max(parameter.opts, key=len))
        for program, app in PROGRAMS.items()
        for path, command in walk(get_command(app))
        for parameter in command.params
        if parameter.metavar in metavars and parameter.param_type_name == "option"
    ]


def name_of(value: object) -> str:
    """Return the name of a test's option."""
    return "-".join([value[0], *value[1]]) + value[2] if isinstance(value, tuple) else str(value)


@pytest.fixture(scope="module")
def model(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to copy, with a database and the files that calls need."""
    folder = tmp_path_factory.mktemp("model")
    with story_in(folder, sqlite_template) as chat:
        chat.create_account("anna")
        chat.create_room("#tea")
    files(folder)
    return folder


@pytest.fixture
def run(
    model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a program with arguments in a folder with a database and the files that calls need."""
    shutil.copytree(model, folder, dirs_exist_ok=True)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    def call(program: str, *arguments: str) -> CommandResult:
        monkeypatch.setattr(sys, "argv", [program, *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(), "utf-8"))
        with pytest.raises(SystemExit) as ended:
            terminal.run(PROGRAMS[program], program, note_interrupts)
        return CommandResult(int(ended.value.code or 0), *capsys.readouterr())

    return call


def check_refusal(run: Run, option: Option, value: str) -> None:
    """Run a command with a value for an option, and check that it refuses it."""
    program, path, name = option
    ended = run(program, *path, *CALLS.get(" ".join(path), []), name, value)
    assert ended.code == (CHECK_FAILED if path == ("check",) else 2), ended.err
    assert "internal error" not in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("value", NASTY_NUMBERS.values(), ids=NASTY_NUMBERS)
@pytest.mark.parametrize("option", options(*NUMBERS), ids=name_of)
def test_invalid_numbers_are_refused(run: Run, option: Option, value: str) -> None:
    check_refusal(run, option, value)


@pytest.mark.parametrize("value", NASTY_TIMES.values(), ids=NASTY_TIMES)
@pytest.mark.parametrize("option", options("TIME"), ids=name_of)
def test_invalid_times_are_refused(run: Run, option: Option, value: str) -> None:
    check_refusal(run, option, value)


@pytest.mark.parametrize("option", options("PORT"), ids=name_of)
@pytest.mark.parametrize("value", ["65536", "70000"])
def test_a_port_beyond_16_bits_is_refused(run: Run, option: Option, value: str) -> None:
    check_refusal(run, option, value)


@pytest.mark.parametrize("option", options("N"), ids=name_of)
def test_a_count_of_nothing_is_refused(run: Run, option: Option) -> None:
    check_refusal(run, option, "0")


def test_every_option_with_a_value_says_what_it_takes() -> None:
    kinds: dict[str, set[Any]] = {}
    for app in PROGRAMS.values():
        for _, command in walk(get_command(app)):
            for parameter in command.params:
                if parameter.param_type_name == "option" and not parameter.is_flag:
                    kinds.setdefault(parameter.metavar, set()).add(parameter.type_descriptor.annotation)
    assert set(kinds) == NUMBERS | OTHER | {"TIME"}
    numeric = {metavar for metavar, types in kinds.items() if types & {int, float}}
    assert numeric <= NUMBERS
