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

from app.db import schema
from app.db.database import Database, parse_database_url
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
