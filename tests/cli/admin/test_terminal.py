"""chat-admin on a terminal: it asks, hides what is typed, and draws."""

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Admin
from tests.story import Story

LOOK_SECONDS = 0.02  # between two looks whether the program has ended
PROGRAM = [sys.executable, "-c", "from app.cli.admin import main; main()"]


@pytest.fixture
def terminal(chat: Story, folder: Path) -> Iterator["PseudoTerminal"]:
    """A terminal on which chat-admin runs."""
    with PseudoTerminal(folder) as terminal:
        yield terminal


class PseudoTerminal:
    """Runs the program with a terminal for all three streams, and answers what it asks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> "PseudoTerminal":
        self._ours, self._theirs = pty.openpty()
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._ours)
        os.close(self._theirs)

    def run(
        self, *arguments: str, answers: dict[str, str] | None = None, columns: int = 120, **variables: str
    ) -> tuple[int, str]:
        """Run to the end, answering each prompt, and return exit code and screen."""
        environment = {
            **os.environ,
            "TERM": "xterm",
            "COLUMNS": str(columns),
            "LINES": "200",
            "PYTHONPATH": str(Path(__file__).parents[3]),
            **variables,
        }
        streams = {"stdin": self._theirs, "stdout": self._theirs, "stderr": self._theirs}
        with subprocess.Popen(
            [*PROGRAM, *arguments], cwd=self._folder, env=environment, start_new_session=True, **streams
        ) as process:
            shown = self._converse(process, dict(answers or {}))
        return process.returncode, shown

    def _converse(self, process: "subprocess.Popen[bytes]", answers: dict[str, str]) -> str:
        shown = b""
        while process.poll() is None or self._has_more(0):
            if not self._has_more(LOOK_SECONDS):
                continue
            shown += os.read(self._ours, 4096)
            for question in [q for q in answers if q.encode() in shown]:
                os.write(self._ours, answers.pop(question).encode() + b"\n")
        return shown.decode()

    def _has_more(self, timeout_seconds: float) -> bool:
        return bool(select.select([self._ours], [], [], timeout_seconds)[0])


def test_a_password_is_prompted_for_twice_without_echo(terminal: PseudoTerminal) -> None:
    answers = {"Password: ": "tea-for-two", "Repeat password: ": "tea-for-two"}
    code, shown = terminal.run("user", "create", "anna", answers=answers)
    assert code == 0, shown
    assert "Created the account anna" in shown
    assert "tea-for-two" not in shown


def test_declining_a_confirmation_changes_nothing(
    terminal: PseudoTerminal, chat: Story, admin: Admin
) -> None:
    chat.create_account("anna")
    code, shown = terminal.run("user", "disable", "anna", answers={"[y/N]": "n"})
    assert (code, "Nothing was changed." in shown) == (1, True)
    assert terminal.run("user", "disable", "anna", answers={"[y/N]": "y"})[0] == 0
    code, shown = terminal.run("user", "list")
    assert re.search(r"anna\s+user\s+yes", shown)
    assert "━" in shown or "─" in shown


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("noun", ["user", "room"])
def test_a_narrow_terminal_splits_no_word(
    noun: str, columns: int, terminal: PseudoTerminal, chat: Story
) -> None:
    names = [f"user-with-a-long-name-{number:03d}" for number in range(3)]
    for name in names:
        chat.create_account(name)
        chat.create_room(f"#{name}")
    code, shown = terminal.run(noun, "list", columns=columns)
    assert code == 0
    assert [word for word in (*names, "created") if word not in shown] == []
    assert "…" not in shown
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert max(map(len, lines)) <= columns


def test_only_a_table_longer_than_the_screen_is_paged(terminal: PseudoTerminal, chat: Story) -> None:
    for number in range(20):
        chat.create_account(f"user{number:02d}")
    for lines, is_paged in ((10, True), (40, False)):
        code, shown = terminal.run("user", "list", LINES=str(lines), PAGER="sed 's/^/| /'")
        assert code == 0
        assert ("| user07" in shown, "user19" in shown) == (is_paged, True)


def run_in_shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script in which `$admin` is the program."""
    variables = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "admin": f"{PROGRAM[0]} -c '{PROGRAM[2]}'",
    }
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_an_export_to_a_stream_appends_at_its_position(name: str, chat: Story, folder: Path) -> None:
    chat.say(chat.create_room("#tea"), "anna", "hello")
    (folder / "notes").write_text("kept\n")
    script = f'(echo before; eval "$admin history export --format txt --out {name}"; echo after) >> notes'
    assert run_in_shell(script, folder).returncode == 0
    text = (folder / "notes").read_text()
    assert text.startswith("kept\nbefore\n")
    assert text.endswith("anna: hello\nafter\n")


def test_an_export_to_a_closed_descriptor_is_refused(chat: Story, folder: Path) -> None:
    done = run_in_shell('eval "$admin history export --out /dev/fd/9"', folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: The descriptor 9 is not open for writing.\n"


def test_closed_output_ends_every_command_silently_with_141(chat: Story, folder: Path) -> None:
    room = chat.create_room("#tea")
    for number in range(300):
        chat.say(room, "anna", f"{number} {'x' * 300}")
    for command in ("history export", "history show --limit 300", "history search xxx --limit 300"):
        done = run_in_shell(f'eval "$admin {command}" | head -1; exit ${{PIPESTATUS[0]}}', folder)
        assert (done.returncode, done.stderr) == (141, ""), command
        assert done.stdout.count("\n") == 1
