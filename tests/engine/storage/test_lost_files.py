"""The database's files are removed, replaced or truncated while the server runs.

What was shown must be in the file that a restart opens, or the server must stop showing anything.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from app.db.database import Database
from app.errors import DatabaseRefused, StorageError
from app.services.stats import find_problems
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather
from tests.engine.storage.test_storage import hand_in, later, path_of, texts


@pytest.fixture
def claimed(bench: EngineHarness) -> Iterator[EngineHarness]:
    """A running server, which has claimed its database."""
    with closing(bench.database.dialect.claim(bench.database.engine)):
        yield bench


def beside(bench: EngineHarness, suffix: str) -> Path:
    """Return the path of one of the database's files."""
    return Path(f"{path_of(bench)}{suffix}")


def stored(folder: Path, name: str) -> list[str]:
    """Return the messages that a restart after a power failure would find."""
    crashed = Path(shutil.copytree(folder, folder.parent / f"{folder.name}-crashed")) / name
    with closing(sqlite3.connect(crashed)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute("SELECT text FROM event WHERE kind = 'privmsg' ORDER BY id")
        return [text for (text,) in rows]


def replace(path: Path) -> None:
    """Replace a file with a copy of itself, as editors and `cp --remove-destination` do."""
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.rename(path)


def remove_all(path: Path) -> None:
    """Remove the database and every file beside it."""
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def rename_folder(path: Path) -> None:
    """Rename the folder of the database."""
    path.parent.rename(path.parent.with_name("elsewhere"))


LOSSES: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "renamed": lambda path: path.rename(path.with_name("old.db")),
    "replaced": replace,
    "emptied": lambda path: os.truncate(path, 0),
    "all removed": remove_all,
    "folder renamed": rename_folder,
    "log emptied": lambda path: os.truncate(f"{path}-wal", 0),
    "log replaced": lambda path: replace(Path(f"{path}-wal")),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_nothing_is_shown_after_the_database_is_lost(
    claimed: EngineHarness, clock: MovedClock, lose: Callable[[Path], object]
) -> None:
    alice, bob, carol = gather(claimed, "#tea", "alice", "bob", "carol")
    lose(path_of(claimed))
    hand_in(claimed, alice="PRIVMSG #tea lost")
    later(claimed, clock)
    assert (alice.heard(), bob.heard()) == ([], [])
    assert bob.ask("PING x") == [":irc.example PONG irc.example :x"]
    later(claimed, clock, 2_500)
    assert [line.split()[1] for line in carol.ask("PRIVMSG #tea late")] == ["404"]


@pytest.mark.parametrize("suffixes", [("-wal",), ("-shm",), ("-wal", "-shm")])
def test_contents_of_a_removed_log_are_saved(claimed: EngineHarness, suffixes: tuple[str, ...]) -> None:
    alice, bob = gather(claimed, "#tea", "alice", "bob")
    alice.send("PRIVMSG #tea one")
    for suffix in suffixes:
        beside(claimed, suffix).unlink()
    alice.send("PRIVMSG #tea two")
    alice.send("PRIVMSG #tea three")
    assert texts(bob.heard()) == ["one", "two", "three"]
    assert stored(path_of(claimed).parent, path_of(claimed).name) == ["one", "two", "three"]


def test_removed_log_is_noticed_without_messages(
    claimed: EngineHarness, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    gather(claimed, "#tea", "alice")
    beside(claimed, "-wal").unlink()
    later(claimed, clock)
    assert (
        "chat-0.db-wal was removed or replaced while the server runs. Its contents were saved" in caplog.text
    )
    assert beside(claimed, "-wal").exists()


def test_readers_of_a_removed_log_finish_before_it_is_abandoned(
    claimed: EngineHarness, clock: MovedClock
) -> None:
    _, bob = gather(claimed, "#tea", "alice", "bob")
    with claimed.database.reading() as session:
        assert find_problems(session) == []
        beside(claimed, "-wal").unlink()
        hand_in(claimed, alice="PRIVMSG #tea one")
        later(claimed, clock)
        assert bob.heard() == []
    later(claimed, clock)
    assert texts(bob.heard()) == ["one"]
    assert stored(path_of(claimed).parent, path_of(claimed).name) == ["one"]


def test_a_log_to_which_another_program_wrote_is_not_overwritten(
    claimed: EngineHarness, clock: MovedClock
) -> None:
    _, bob = gather(claimed, "#tea", "alice", "bob")
    beside(claimed, "-wal").unlink()
    beside(claimed, "-wal").write_bytes(b"frames of another program")
    hand_in(claimed, alice="PRIVMSG #tea one")
    later(claimed, clock)
    assert bob.heard() == []
    assert beside(claimed, "-wal").read_bytes() == b"frames of another program"


def test_a_database_that_is_moved_back_is_used_again(claimed: EngineHarness, clock: MovedClock) -> None:
    _, bob = gather(claimed, "#tea", "alice", "bob")
    away = path_of(claimed).with_name("away.db")
    path_of(claimed).rename(away)
    hand_in(claimed, alice="PRIVMSG #tea one")
    later(claimed, clock)
    away.rename(path_of(claimed))
    later(claimed, clock)
    hand_in(claimed, alice="PRIVMSG #tea two")
    assert texts(bob.heard()) == ["one", "two"]
    assert stored(path_of(claimed).parent, path_of(claimed).name) == ["one", "two"]


def test_a_commit_whose_files_were_lost_is_stored_once(claimed: EngineHarness, clock: MovedClock) -> None:
    """The files are lost between the beginning of the transaction and its commit."""
    _, bob = gather(claimed, "#tea", "alice", "bob")
    away = path_of(claimed).with_name("away.db")

    def lose(connection: Connection) -> None:
        path_of(claimed).rename(away)

    event.listen(claimed.database.engine, "commit", lose, once=True)
    hand_in(claimed, alice="PRIVMSG #tea one")
    assert bob.heard() == []
    away.rename(path_of(claimed))
    later(claimed, clock)
    assert texts(bob.heard()) == ["one"]
    assert stored(path_of(claimed).parent, path_of(claimed).name) == ["one"]


@pytest.mark.parametrize("lose", ["removed", "renamed", "replaced"])
def test_a_second_server_at_the_path_is_refused(claimed: EngineHarness, lose: str) -> None:
    other = Database(claimed.database.url)
    LOSSES[lose](path_of(claimed))
    path_of(claimed).touch()
    with pytest.raises(DatabaseRefused, match="Another server is running"):
        other.dialect.claim(other.engine)


def test_a_replaced_database_is_never_opened(claimed: EngineHarness) -> None:
    replace(path_of(claimed))
    claimed.database.close()
    with pytest.raises(StorageError, match="was replaced"), claimed.database.translated_errors():
        claimed.database.connect_to_append()


def test_a_database_replaced_before_the_claim_is_refused(bench: EngineHarness) -> None:
    replace(path_of(bench))
    with pytest.raises(StorageError, match="was replaced"):
        bench.database.dialect.claim(bench.database.engine)
