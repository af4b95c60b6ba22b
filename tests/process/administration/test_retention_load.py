"""Years of history expire beside a running server that has other messages to deliver."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.clock import Clock
from app.db.chain.build import build_chain
from app.db.database import Database, parse_database_url
from app.db.fulltext import fulltext_of
from app.db.log import get_last_id
from app.db.models import EventRow
from app.services.verification.chain import verify_chain
from tests.chat_file import create_chat_file
from tests.cli.admin.test_export_memory import LIMIT, fill
from tests.process.server_process import Server
from tests.process.steady_traffic import SteadyTraffic, percentile
from tests.story import Story
from tests.waiting import eventually

RATE = 500  # messages per second
DAYS = 30
EXPIRED = EventRow.nick == "anna"


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """Open the database, and close it after the block."""
    with closing(Database(parse_database_url(str(path)))) as database:
        yield database


def store_history(path: Path, count: int) -> None:
    """Store messages of the year 2023, indexed and in the hash chain."""
    with opened(create_chat_file(path)) as database:
        fill(Story(database, Clock()), count)
        with database.locked() as connection:
            connection.exec_driver_sql("DELETE FROM hash_chain")
            while fulltext_of(connection).extend(connection) < get_last_id(connection):
                pass
        build_chain(database, Clock(), lambda done: None)


def has_expired(path: Path) -> bool:
    """Whether history is left that has expired; it is removed in the order of the log."""
    with opened(path) as database, database.reading() as session:
        return session.scalar(select(EventRow.id).where(EXPIRED).order_by(EventRow.id).limit(1)) is not None


def count_expired(path: Path) -> int:
    with opened(path) as database, database.reading() as session:
        return session.scalar(select(func.count()).where(EXPIRED)) or 0


def measure(folder: Path, retention_days: int, seconds: float) -> float:
    """Send for some time; return the 99th percentile of the times to deliver, in ms."""
    with Server(folder, retention_days=retention_days) as server:
        traffic = SteadyTraffic(server, RATE)
        end = time.monotonic() + seconds
        slow = 1000 * percentile(traffic.run(lambda: time.monotonic() >= end), 0.99)
        assert server.end() == 0
    return slow


@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    ("count", "rounds", "seconds"),
    [(300, 1, 0.5), pytest.param(1_000_000, 5, 15, marks=pytest.mark.long)],
)
def test_history_expires_while_messages_arrive(
    tmp_path: Path, count: int, rounds: int, seconds: float
) -> None:
    path = tmp_path / "chat.db"
    store_history(path, count)
    for _ in range(rounds):  # in turn, because machines change speed
        without, busy = measure(tmp_path, 0, seconds), measure(tmp_path, DAYS, seconds)
        print(f"p99 {busy:.1f} ms, {busy / without:.2f} times that without; {count_expired(path)} are left")
    with Server(tmp_path, retention_days=DAYS) as server:
        started = time.monotonic()
        eventually(lambda: not has_expired(path), 60 + count / 200)
        peak = server.status("VmHWM") / 1024
        print(f"the rest expired in {time.monotonic() - started:.0f} s; at most {peak:.0f} MiB")
        assert peak < LIMIT
        assert server.end() == 0
    check_log(path, count)


def check_log(path: Path, expired: int) -> None:
    """Check that the new messages follow the expired ones, each at a position of its own."""
    with opened(path) as database:
        assert verify_chain(database).findings == []
        with database.snapshot() as connection:
            positions = list(connection.scalars(select(EventRow.id).order_by(EventRow.id)))
            last = get_last_id(connection)
    assert positions == [1, *range(expired + 2, last + 1)]  # the first created the room
