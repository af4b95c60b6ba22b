"""Backups of a running server: kills of either side, a full disk, and a rehearsal."""

import json
import random
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from app.cli.admin.rehearsal.server_process import running_server
from app.services.backup.naming import find_backups
from app.services.backup.verification import verify_backup
from tests.process.server_process import Server, environment
from tests.process.socket_client import ConnectionEnded, SocketClient
from tests.waiting import eventually

ADMIN = Path(sys.executable).with_name("chat-admin")
DEADLINE_SECONDS = 60.0
LINES_PER_WRITE = 5
PAUSE_SECONDS = 0.02  # between writes, so that the test is not a benchmark
MAX_KILL_BYTES = 300_000  # written by a backup before it is killed
SMALL_DISK_BYTES = 100_000


def chat_admin(
    folder: Path, *arguments: str, preexec_fn: Callable[[], None] | None = None
) -> "subprocess.Popen[str]":
    """Start `chat-admin` in the folder of a server."""
    return subprocess.Popen(
        [ADMIN, *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=preexec_fn,
    )


def run(folder: Path, *arguments: str) -> str:
    """Run `chat-admin` to the end, and return what it prints."""
    process = chat_admin(folder, *arguments)
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out


def post(peer: SocketClient) -> int:
    """Post until the server is killed; return the number of the last message that was shown."""
    shown = 0
    try:
        for first in range(1, 1_000_000, LINES_PER_WRITE):
            peer.send(*(f"PRIVMSG #general :{first + n}." for n in range(LINES_PER_WRITE)))
            last = first + LINES_PER_WRITE - 1
            peer.hears(f":{last}.")
            shown = last
            peer.is_silent(PAUSE_SECONDS)
    except (ConnectionEnded, OSError):
        pass
    return shown


def kill_backup(folder: Path, rng: random.Random) -> None:
    """Start a backup, and kill it when it has written some of its file."""
    remains = set((folder / "backups").glob("*.partial"))
    process = chat_admin(folder, "backup", "create", "backups")
    limit = rng.randrange(MAX_KILL_BYTES)

    def has_come() -> bool:
        new = set((folder / "backups").glob("*.partial")) - remains
        sizes = [file.stat().st_size for file in new]
        return process.poll() is not None or max(sizes, default=-1) >= limit

    try:
        eventually(has_come, DEADLINE_SECONDS)
    finally:
        process.kill()
        process.communicate()


def stored(path: Path) -> list[str]:
    """Return the texts of a database in order."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT text FROM event WHERE kind = 'privmsg' ORDER BY id")
        return [text for (text,) in rows]


def check_backups(folder: Path) -> None:
    """Check that every file with the name of a backup is one."""
    for file in find_backups(folder / "backups"):
        assert verify_backup(file).problems == []
        texts = stored(file)
        assert texts == [f"{number}." for number in range(1, len(texts) + 1)]


def kill_repeatedly(folder: Path, rounds: int) -> Iterator[None]:
    """Kill backups of a busy server at random moments, then the server, and back it up."""
    (folder / "backups").mkdir()
    rng = random.Random()
    with Server(folder) as server, ThreadPoolExecutor(1) as pool:
        writing = pool.submit(post, server.connect("anna", "echo-message"))
        for _ in range(rounds):
            kill_backup(folder, rng)
            check_backups(folder)
            yield
        run(folder, "backup", "create", "backups")
        server.kill()
        shown = writing.result()
    run(folder, "backup", "create", "after-kill.db")
    assert len(stored(folder / "after-kill.db")) >= shown
    assert verify_backup(folder / "after-kill.db").problems == []
    check_backups(folder)
    assert list((folder / "backups").glob("*.partial")) == []


@pytest.mark.timeout(180)
def test_kills_of_backup_and_server_leave_only_whole_backups(tmp_path: Path) -> None:
    assert len(list(kill_repeatedly(tmp_path, 1))) == 1


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_100_kills_leave_only_whole_backups(tmp_path: Path) -> None:
    assert len(list(kill_repeatedly(tmp_path, 100))) == 100


def test_a_full_disk_leaves_nothing_and_a_rehearsal_reads_a_backup(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.connect("anna").send("PRIVMSG #general :a cup of Darjeeling")
        server.connect("bob").fence()
        full = chat_admin(tmp_path, "backup", "create", "full.db", preexec_fn=limit_files)
        out, err = full.communicate()
        assert (full.returncode, out) == (1, "")
        assert "The backup to full.db failed (" in err
        assert list(tmp_path.glob("full*")) == []
        run(tmp_path, "backup", "create", "whole.db")
    result = json.loads(run(tmp_path, "backup", "rehearse", "whole.db", "--json"))
    assert (result["rooms"], result["messages"], result["searches"]) == (1, 1, 1)
    assert result["problems"] == []
    assert result["restore_seconds"] > 0


def test_a_rehearsal_reads_no_settings_of_the_server(tmp_path: Path) -> None:
    settings = {"metrics_port": "in use", "tls_cert": "missing.pem"}
    (tmp_path / "serverSetup.json").write_text(json.dumps(settings))
    with running_server(tmp_path / "chat.db") as port:
        assert port > 0


def limit_files() -> None:
    """Limit the size of the files that a process can write."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_DISK_BYTES, SMALL_DISK_BYTES))
