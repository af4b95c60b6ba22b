"""Running chat-admin within the test, in a folder of its own."""

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli.admin import main
from app.clock import Clock
from app.db.database import Database, parse_database_url
from tests.story import Story


@dataclass(frozen=True)
class CommandResult:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


Admin = Callable[..., CommandResult]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def admin(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Admin:
    """Run `chat-admin` with arguments; standard input is not a terminal."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    def run(*arguments: str, stdin: str = "") -> CommandResult:
        monkeypatch.setattr(sys, "argv", ["chat-admin", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        code = ended.value.code
        return CommandResult(
            code if isinstance(code, int) else 0 if code is None else 1, printed.out, printed.err
        )

    return run


@contextmanager
def story_in(folder: Path, template: Path) -> Iterator[Story]:
    """Copy the template to `chat.db` in a folder, and yield a story to tell into it."""
    path = shutil.copy(template, folder / "chat.db")
    with closing(Database(parse_database_url(str(path)))) as database:
        yield Story(database, Clock())


@pytest.fixture
def chat(folder: Path, sqlite_template: Path) -> Iterator[Story]:
    """A database in the working directory, and a story to tell into it."""
    with story_in(folder, sqlite_template) as story:
        yield story
