"""Shell completion: commands, options, choices, and names from the database."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.admin.tree import AdminCommands
from tests.cli.conftest import Admin
from tests.story import Story

ROOT = Path(__file__).parents[2]
Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> Complete:
    """Complete the last word of a command line as bash does, and return what is offered."""

    def run(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_CHAT_ADMIN_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        ended = admin()
        assert (ended.code, ended.err) == (0, "")
        return ended.out.split()

    return run


@pytest.fixture
def names(chat: Story) -> None:
    """Rooms and accounts to complete."""
    for name in ("#tea", "#Teatime", "#ops", "#чай"):
        chat.create_room(name)
    for name in ("anna", "Anton", "bela"):
        chat.create_account(name)


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("chat-admin hist", ["history"]),
        ("chat-admin room mem", ["members"]),
        ("chat-admin room show t", ["tea"]),
        ("chat-admin room show T", ["Teatime"]),
        ("chat-admin room show \\#t", ["#tea"]),
        ("chat-admin room show ч", ["чай"]),
        ("chat-admin history export --room o", ["ops"]),
        ("chat-admin history export --format m", ["md", "mbox"]),
        ("chat-admin history export --since-", ["--since-id"]),
        ("chat-admin user show an", ["anna"]),
        ("chat-admin room role tea b", ["bela"]),
        ("chat-admin -d none.db room show t", []),
        ("chat-admin room show % ", []),
        ("chat-admin room create t", []),
    ],
)
def test_what_is_offered(line: str, offered: list[str], complete: Complete) -> None:
    assert complete(line) == offered


def test_all_commands_are_offered_without_importing_them(complete: Complete) -> None:
    assert complete("chat-admin ") == list(AdminCommands.declared)


@pytest.mark.parametrize("content", [None, b"", b"not a database"])
def test_without_a_usable_database_nothing_is_offered(
    content: bytes | None, complete: Complete, folder: Path
) -> None:
    if content is not None:
        (folder / "chat.db").write_bytes(content)
    (folder / "serverSetup.json").write_text('{"buffer": "many"}')  # a warning that must not be printed
    assert complete("chat-admin room show t") == []


@pytest.mark.parametrize("program", ["chat-admin", "chat-server", "chat-client"])
def test_completion_is_installed_for_the_shell(program: str, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    script = (
        f"{program} --install-completion && source ~/.bash_completions/{program}.sh && complete -p {program}"
    )
    ended = subprocess.run(
        [bash, "--norc", "-c", script],
        env={**os.environ, "PATH": path, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "bash completion installed" in ended.stdout
    assert ended.stdout.endswith(f"_completion {program}\n")
