"""How the server begins, and what it refuses to begin with: a sentence, and nothing is touched."""

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

from app.db import schema
from app.db.database import Database, parse_database_url
from tests.process.server_process import PROGRAM, Server, environment
from tests.process.socket_client import PATIENCE

LISTENING = "0A"
LOOPBACK = "0100007F"
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


def contents(folder: Path) -> dict[str, bytes]:
    """Read every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(folder: Path, *arguments: str, **options: object) -> str:
    """Start a server that cannot start; return its one sentence."""
    before = contents(folder)
    done = subprocess.run(
        [PROGRAM, "run", "-p", "0", *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        **options,  # type: ignore[call-overload]
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert contents(folder) == before, "nothing is touched"
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    return str(done.stderr)


def obey_file_modes() -> None:
    """Let a child that root starts be refused what the file modes refuse."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


def tables(path: Path, *statements: str) -> None:
    """Make an SQLite file."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def ours(path: Path) -> None:
    """Make a database of this program."""
    database = Database(parse_database_url(str(path)))
    schema.prepare_database(database)
    database.close()


def newer(path: Path) -> None:
    """Make a database of a version of this program that does not exist yet."""
    ours(path)
    tables(path, "UPDATE alembic_version SET version_num = '9999'")


def test_it_says_how_to_join_and_listens_on_loopback_only(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
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


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert "Cannot listen on 127.0.0.1" in refusal(tmp_path, "-p", str(other.getsockname()[1]))


def test_a_port_for_metrics_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        (tmp_path / "serverSetup.json").write_text(json.dumps({"metrics_port": other.getsockname()[1]}))
        assert "for metrics" in refusal(tmp_path)


def test_an_address_that_is_not_ours(tmp_path: Path) -> None:
    assert "Cannot listen on 192.0.2.1" in refusal(tmp_path, "-i", "192.0.2.1")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "none" in refusal(tmp_path, "-d", "none/chat.db")


def test_a_folder_that_is_not_writable(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    assert "is not writable" in refusal(folder, preexec_fn=obey_file_modes)


def test_a_database_that_is_not_writable(tmp_path: Path) -> None:
    ours(tmp_path / "chat.db")
    (tmp_path / "chat.db").chmod(0o444)
    assert "chat.db is not readable and writable" in refusal(tmp_path, preexec_fn=obey_file_modes)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda path: path.write_bytes(b"not a database" * 100), "not an SQLite database"),
        (lambda path: tables(path, "CREATE TABLE other (id)"), "another program"),
        (
            lambda path: tables(path, 'CREATE TABLE "User" (UserId)', "CREATE TABLE message (MessageId)"),
            "import-legacy",
        ),
        (newer, "newer version"),
    ],
)
def test_a_database_that_is_not_for_this_program(
    tmp_path: Path, make: Callable[[Path], object], word: str
) -> None:
    make(tmp_path / "chat.db")
    assert word in refusal(tmp_path)


def test_a_second_server_on_the_same_database(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        alice = server.connect("alice")
        done = subprocess.run(
            [PROGRAM, "run", "-p", "0"],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert alice.fence() == [], "nobody was thrown out"
