"""The start of the server; a refused start prints one sentence and changes no file."""

import ctypes
import json
import os
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import make_url

from app.db.database import Database, parse_database_url
from app.db.migration import schema
from app.greeting import database_word
from tests.process.server_process import PROGRAM, Server, environment
from tests.process.socket_client import TIMEOUT_SECONDS

LISTENING = "0A"
LOOPBACK = "0100007F"
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files in a folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(folder: Path, *arguments: str, **options: object) -> str:
    """Return the sentence that a refused start prints."""
    before = read_files(folder)
    done = subprocess.run(
        [PROGRAM, "run", "-p", "0", *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
        **options,  # type: ignore[call-overload]
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert read_files(folder) == before, "no file is changed"
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    return str(done.stderr)


def obey_file_modes() -> None:
    """Drop the capability that lets root bypass file permissions."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


def create_tables(path: Path, *statements: str) -> None:
    """Create an SQLite file with these statements."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def create_database(path: Path) -> None:
    """Create an empty database of this program."""
    database = Database(parse_database_url(str(path)))
    schema.prepare_database(database)
    database.close()


def make_newer(path: Path) -> None:
    """Create a database with a schema revision of a newer version."""
    create_database(path)
    create_tables(path, "UPDATE alembic_version SET version_num = '9999'")


def test_it_prints_how_to_connect_and_listens_on_loopback(tmp_path: Path) -> None:
    with Server(tmp_path, creates_database=True) as server:
        assert len(server.greeting) <= 6
        assert str(server.port) in server.greeting[0]
        found = []
        for name in ("tcp", "tcp6"):
            for row in Path(f"/proc/{server.process.pid}/net/{name}").read_text().splitlines()[1:]:
                place, _, state = row.split()[1:4]
                address, _, port = place.partition(":")
                if state == LISTENING and int(port, 16) == server.port:
                    found.append(address)
        assert found == [LOOPBACK]


def advice(server: Server) -> str | None:
    """Return the command that the greeting advises for the first administrator, or None."""
    lines = [line for line in server.greeting if line.startswith("There is no administrator yet. ")]
    assert len(lines) <= 1
    return lines[0].partition(" with: ")[2] if lines else None


def run_advice(command: str, name: str) -> None:
    """Run an advised command for this account, in another folder and without our variables."""
    line = f"{command.replace('NAME', name)} --{'password-stdin' if ' create ' in command else 'yes'}"
    done = subprocess.run(
        ["sh", "-c", line], cwd="/", env=environment(), input="open sesame\n", text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "files"),
    [
        ((), {}, {}),
        ((), {}, {"serverSetup.json": {"dbname": "other.db"}}),
        ((), {}, {"serverSetup.json": {}, "serverSetup.local.json": {"dbname": "other.db"}}),
        (("-d", "the other.db"), {}, {}),
        ((), {"dbname": "sqlite:///other.db"}, {}),
        (("--config", "my settings.json"), {}, {"my settings.json": {"dbname": "other.db"}}),
        (("--config", "my.json", "-d", "third.db"), {}, {"my.json": {"dbname": "other.db"}}),
    ],
)
def test_the_greeting_tells_how_to_create_the_first_administrator(
    tmp_path: Path, arguments: tuple[str, ...], settings: dict[str, str], files: dict[str, dict[str, str]]
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    with Server(tmp_path, *arguments, **settings) as server:
        command = advice(server)
        assert command is not None
        run_advice(command, "anna")
        anna = server.connect()
        anna.send("PASS :anna:open sesame", "NICK anna", "USER anna 0 * :Anna", "REHASH", "PING y")
        assert any(" 382 anna " in line for line in anna.hears(":y")), "she is an administrator"


def test_the_greeting_tells_how_to_promote_an_existing_account(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        anna = server.connect("anna")
        anna.send("REGISTER * * :open sesame")
        anna.hears("REGISTER SUCCESS")
    with Server(tmp_path) as server:
        command = advice(server)
        assert command is not None
        assert " user role NAME admin" in command
        run_advice(command, "anna")
    with Server(tmp_path) as server:
        assert advice(server) is None


def test_the_greeting_is_silent_about_administrators_with_operators(tmp_path: Path) -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("open sesame")
    (tmp_path / "serverSetup.json").write_text(json.dumps({"operators": {"root": hashed}}))
    with Server(tmp_path) as server:
        assert advice(server) is None


def test_the_greeting_shows_no_database_password(tmp_path: Path) -> None:
    """The URL is a valid one of an SQLite file, so that no PostgreSQL is needed."""
    database = Database(make_url("sqlite:///chat.db"))
    database.url = make_url("postgresql://chat:secret@localhost/chat?password=secret")
    assert "secret" not in database_word(database, "postgresql://chat:secret@localhost/chat")


@pytest.mark.parametrize("name", ["serverSetup.json", "serverSetup.local.json"])
def test_the_last_line_says_which_database_replaces_that_of_a_broken_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "serverSetup.json").write_text("{}")
    (tmp_path / name).write_text('{"port": 6702, "dbname": "real.db"')
    with Server(tmp_path) as server:
        assert server.process.stdout is not None
        assert server.process.stdout.readline() == (
            f"Warning: {name} is not valid JSON (line 1, column 35: unexpected end of text); "
            "the file is ignored. The database is chat.db.\n"
        )
        assert f"WARNING {name} is not valid JSON" in server.log


def test_a_trailing_comma_does_not_lose_the_database(tmp_path: Path) -> None:
    (tmp_path / "serverSetup.json").write_text('{"port": 6702, "dbname": "real.db",}')
    with Server(tmp_path) as server:
        assert server.greeting[1].startswith("Database real.db: ")
        assert "line 1, column 35: trailing comma" in server.log


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert "Cannot listen on 127.0.0.1" in refusal(tmp_path, "-p", str(other.getsockname()[1]))


def test_a_metrics_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        (tmp_path / "serverSetup.json").write_text(json.dumps({"metrics_port": other.getsockname()[1]}))
        assert "for metrics" in refusal(tmp_path)


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    assert "Cannot listen on 192.0.2.1" in refusal(tmp_path, "-i", "192.0.2.1")


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "none" in refusal(tmp_path, "-d", "none/chat.db")


def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    assert "is not writable" in refusal(folder, preexec_fn=obey_file_modes)


def test_a_read_only_database_is_refused(tmp_path: Path) -> None:
    create_database(tmp_path / "chat.db")
    (tmp_path / "chat.db").chmod(0o444)
    assert "chat.db is not readable and writable" in refusal(tmp_path, preexec_fn=obey_file_modes)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda path: path.write_bytes(b"not a database" * 100), "not an SQLite database"),
        (lambda path: create_tables(path, "CREATE TABLE other (id)"), "another program"),
        (
            lambda path: create_tables(
                path, 'CREATE TABLE "User" (UserId)', "CREATE TABLE message (MessageId)"
            ),
            "import-legacy",
        ),
        (make_newer, "newer version"),
    ],
)
def test_an_incompatible_database_is_refused(
    tmp_path: Path, make: Callable[[Path], object], word: str
) -> None:
    make(tmp_path / "chat.db")
    assert word in refusal(tmp_path)


def test_a_second_server_on_the_same_database_is_refused(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        alice = server.connect("alice")
        done = subprocess.run(
            [PROGRAM, "run", "-p", "0"],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert alice.fence() == [], "no one was disconnected"
