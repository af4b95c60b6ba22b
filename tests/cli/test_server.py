"""chat-server: what it says and how it ends, without a server being started."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from app.db.database import Database
from app.db.migration.schema import prepare_database

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-c", "from app.cli.server import main; main()"]
Chat = Callable[..., subprocess.CompletedProcess[str]]


def environment(**more: str) -> dict[str, str]:
    """Return an environment without settings of ours, in which the checkout can be imported."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    return kept | {"PYTHONPATH": str(ROOT)} | more


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    """The program, run to its end in an empty folder with a settings file of its own."""
    (tmp_path / "serverSetup.json").write_text("{}")

    def call(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [*PROGRAM, *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment(**more), capture_output=True, text=True, check=False
        )

    return call


@pytest.mark.parametrize("words", [["-h"], ["run", "--help"], ["check", "-h"]])
def test_every_command_has_help(chat: Chat, words: list[str]) -> None:
    done = chat(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: chat-server" in done.stdout
    assert "-h, --help" in done.stdout


def test_run_accepts_the_predecessors_flags(chat: Chat) -> None:
    text = chat("run", "-h").stdout
    for option in ("-b, --buffer", "-i, --ip", "-p, --port", "-n, --servername", "-d, --dbname", "--config"):
        assert option in text


def test_check_in_an_empty_directory_passes_and_creates_nothing(chat: Chat, tmp_path: Path) -> None:
    done = chat("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Settings: serverSetup.json\nDatabase: chat.db will be created on the first start\n"
    assert [path.name for path in tmp_path.iterdir()] == ["serverSetup.json"]


def test_check_lists_every_problem(chat: Chat, tmp_path: Path) -> None:
    (tmp_path / "serverSetup.json").write_text('{"port": "x", "flood_rate": "y"}')
    done = chat("check", "--json", "-d", "none/chat.db", "--tls-cert", "none.pem", CHAT_SENDQ="z")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"], done.stderr) == (3, False, "Error: The check found 5 problems.\n")
    assert list(report) == ["ok", "source", "database", "prospect", "problems"]
    for word, problem in zip(
        ("port", "flood_rate", "CHAT_SENDQ", "tls_key", "does not exist"), report["problems"], strict=True
    ):
        assert word in problem


@pytest.mark.parametrize(
    ("table", "word"),
    [('"User" (UserId)', "import-legacy"), ("other (id)", "another program")],
)
def test_check_refuses_a_foreign_database_and_leaves_it_unchanged(
    chat: Chat, tmp_path: Path, table: str, word: str
) -> None:
    path = tmp_path / "chat.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {table}")
        connection.execute("CREATE TABLE message (MessageId)")
    connection.close()
    before = path.read_bytes()
    done = chat("check")
    assert done.returncode == 3
    assert word in done.stdout
    assert path.read_bytes() == before


def test_check_recognises_its_own_database(chat: Chat, tmp_path: Path) -> None:
    database = Database(URL.create("sqlite", database=str(tmp_path / "chat.db")))
    prepare_database(database)
    database.close()
    assert "chat.db is ready" in chat("check").stdout


def test_check_reports_a_database_that_others_can_read(chat: Chat, tmp_path: Path) -> None:
    prepare_database(database := Database(URL.create("sqlite", database=str(tmp_path / "chat.db"))))
    database.close()
    (tmp_path / "chat.db").chmod(0o644)
    done = chat("check")
    assert done.returncode == 3
    assert "Other users have access to chat.db" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-p", "99999"], '--port is "99999"'),
        (["-p", "many"], '--port is "many", but must be a whole number from 0 to 65535'),
        (["-n", "x" * 65], "must have at most 64 characters"),
        (["-d", ":memory:"], "An in-memory database is lost when the server stops"),
        (["-d", "sqlite://"], "An in-memory database is lost when the server stops"),
        (["-d", "sqlite:///x.db?mode=ro"], "sqlite:///chat.db"),
        (["-d", "postgresql://chat@host:port/chat"], "Cannot parse the database URL"),
        (["--config", "none.json"], "There is no settings file none.json"),
        (["--prot", "1"], "No such option"),
    ],
)
def test_an_invalid_option_exits_with_2(chat: Chat, arguments: list[str], sentence: str) -> None:
    done = chat("run", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("url", ["chat:geheim@127.0.0.1:1/chat", "chat@127.0.0.1:1/chat?password=geheim"])
def test_an_unreachable_database_is_named_without_its_password(chat: Chat, url: str) -> None:
    done = chat("run", "-p", "0", "-d", f"postgresql://{url}")
    assert done.returncode == 1
    assert "Cannot connect to PostgreSQL at postgresql://chat" in done.stderr
    assert "geheim" not in done.stdout + done.stderr


def test_a_closed_pipe_is_not_an_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as gone:
        done = subprocess.run(
            [*PROGRAM, "check"],
            cwd=tmp_path,
            env=environment(),
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.stderr == ""


@pytest.mark.parametrize("descriptors", ["0", "1", "2", "0 1 2"])
def test_closed_standard_streams_are_not_an_error(tmp_path: Path, descriptors: str) -> None:
    closed = " ".join(f"{number}>&-" for number in descriptors.split())
    script = f'"$0" -c "$1" check {closed}'
    done = subprocess.run(
        ["bash", "-c", script, sys.executable, PROGRAM[-1]],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_reported_in_one_sentence(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "check"],
            cwd=tmp_path,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The output cannot be written (No space left on device). Make room")


@pytest.mark.parametrize(
    ("failure", "code", "sentence"),
    [
        ("KeyboardInterrupt", 130, ""),
        (
            "PermissionError(13, 'Permission denied', 'chat.db')",
            1,
            "Error: chat.db cannot be opened (Permission denied). Check its permissions, or name another file.\n",
        ),
        ("terminal.ChatError('x' * 5000 + ' is too long.')", 1, f"Error: {'x' * 60}... is too long.\n"),
        ("ZeroDivisionError", 1, "Error: internal error (ZeroDivisionError at <string>:6)"),
    ],
)
def test_every_failure_is_reported_in_one_sentence(failure: str, code: int, sentence: str) -> None:
    program = f"""
from app.cli import terminal
from app.interrupts import note_interrupts
app = terminal.new_app("A program that fails.")
@app.command()
def fail() -> None: raise {failure}
terminal.run(app, "program", note_interrupts)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert done.stderr.startswith(sentence)
    assert "Traceback" not in done.stderr
