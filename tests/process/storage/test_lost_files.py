"""Promise P1 holds when files of the database are removed while the server runs."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.process.server_process import Server
from tests.process.socket_client import TIMEOUT_SECONDS, SocketClient
from tests.process.storage.test_kill import messages, stored
from tests.waiting import eventually

CAPS = ("message-tags", "server-time", "echo-message")


def post(peer: SocketClient, *texts: str) -> list[str]:
    """Send messages, and return those that were shown."""
    shown = []
    for text in texts:
        peer.send(f"PRIVMSG #general :{text}")
        shown += [text for _, _, text in messages(peer.fence())]
    return shown


@pytest.mark.parametrize("suffixes", [("-wal",), ("-shm",), ("-wal", "-shm")])
def test_messages_after_the_removal_of_a_log_survive_a_kill(
    tmp_path: Path, suffixes: tuple[str, ...]
) -> None:
    with Server(tmp_path) as server:
        anna = server.connect("anna", *CAPS)
        shown = post(anna, "before")
        for number in range(3):
            for suffix in suffixes:
                Path(f"{server.database}{suffix}").unlink()
            shown += post(anna, f"after {number}", f"again {number}")
        server.kill()
        assert len(shown) == 7
        assert [text for _, _, text in stored(server.database)] == shown
        assert server.log.count("Its contents were saved") == 3


def test_no_server_serves_a_removed_database(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        anna, bob = server.connect("anna", *CAPS), server.connect("bob", *CAPS)
        assert post(anna, "before") == ["before"]
        for file in tmp_path.glob("chat.db*"):
            if file.suffix != ".lock":
                file.unlink()
        anna.send("PRIVMSG #general :after")
        eventually(lambda: "chat.db was removed or renamed" in server.log, TIMEOUT_SECONDS)
        assert [text for _, _, text in messages(bob.fence())] == ["before"]
        with pytest.raises(AssertionError, match="Another server is running"):
            Server(tmp_path, creates_database=True)
        server.kill()


@pytest.mark.parametrize("is_new", [True, False])
def test_the_server_keeps_its_locks_while_other_programs_read(tmp_path: Path, is_new: bool) -> None:
    """Whoever closes a database last removes its log, and lost locks make everyone the last."""
    with Server(tmp_path, creates_database=is_new) as server:
        server.connect("anna").fence()
        with closing(sqlite3.connect(server.database)) as other:
            other.execute("SELECT count(*) FROM event").fetchone()
        assert Path(f"{server.database}-wal").exists()
        assert "removed or replaced" not in server.log
