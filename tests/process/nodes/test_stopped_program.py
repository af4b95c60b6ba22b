"""A `chat-admin` that is stopped while it makes a change, on a database that a server uses."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTSTP

import psutil
import psycopg
import pytest
from sqlalchemy import URL

from tests.postgres import Postgres
from tests.process.server_process import Server, environment
from tests.process.socket_client import TIMEOUT_SECONDS
from tests.waiting import eventually

ADMIN = Path(sys.executable).with_name("chat-admin")
HOLDER = """
    SELECT state, coalesce(wait_event_type, '') FROM pg_stat_activity JOIN pg_locks USING (pid)
    WHERE datname = current_database() AND application_name NOT LIKE 'chat-server%'
        AND locktype = 'advisory' AND objid = 1667785076 AND granted
"""  # the session that holds the log's lock, unless it is that of a server


@pytest.fixture
def url(postgres: Postgres) -> Iterator[URL]:
    """The URL of an empty chat database."""
    with postgres.database() as url:
        yield url


class StoppedProgram:
    """A `chat-admin ban add` that was stopped after it had taken the log's lock.

    It waits for the table of bans, which the test locks, when it gets the signal.
    """

    def __init__(self, folder: Path, url: str, number: int) -> None:
        self._folder = folder
        self._observer = psycopg.connect(url, autocommit=True)
        with psycopg.connect(url) as blocker:
            blocker.execute("LOCK TABLE ban IN ACCESS EXCLUSIVE MODE")
            self._process = self._start(url)
            eventually(lambda: self.holder == ("active", "Lock"), TIMEOUT_SECONDS)
            self._process.send_signal(number)
            blocker.rollback()

    def _start(self, url: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [ADMIN, "ban", "add", "spam!*@*", "--yes"],
            cwd=self._folder,
            env=environment(dbname=url),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,  # the kernel does not stop what no shell could continue
        )

    @property
    def holder(self) -> tuple[str, str] | None:
        """The state of its session, and what that waits for, while it holds the log's lock."""
        return self._observer.execute(HOLDER).fetchone()

    @property
    def bans(self) -> int:
        """The number of bans that are stored."""
        return self._observer.execute("SELECT count(*) FROM ban").fetchall()[0][0]

    def wait_until_stopped(self) -> None:
        """Wait until the process is stopped."""
        process = psutil.Process(self._process.pid)
        eventually(lambda: process.status() == psutil.STATUS_STOPPED, TIMEOUT_SECONDS)

    def resume(self) -> tuple[int, str]:
        """Let the program continue; return its exit code and what it printed on standard error."""
        self._process.send_signal(SIGCONT)
        printed = self._process.communicate(timeout=TIMEOUT_SECONDS)[1]
        return self._process.returncode, printed

    def close(self) -> None:
        """End the process, also if it is stopped."""
        self._process.send_signal(SIGKILL)
        self._process.communicate()
        self._observer.close()


def say(server: Server, text: str) -> None:
    """Send a message, and wait until it is stored."""
    with closing(server.connect("alice", "echo-message")) as alice:
        alice.send(f"PRIVMSG #general :{text}")
        while not alice.line().endswith(f"PRIVMSG #general :{text}"):
            pass


def test_a_stopped_program_delays_servers_only_for_some_seconds(tmp_path: Path, url: URL) -> None:
    address = url.render_as_string(hide_password=False)
    with (
        Server(tmp_path, dbname=address) as server,
        closing(StoppedProgram(tmp_path, address, SIGSTOP)) as program,
    ):
        assert program.holder is not None
        say(server, "hello")
        code, printed = program.resume()
        assert code == 1
        assert "is stopped for more than 5 s during a change loses it. Nothing was changed; run" in printed
        assert program.bans == 0


def test_ctrl_z_stops_a_program_after_its_change(tmp_path: Path, url: URL) -> None:
    address = url.render_as_string(hide_password=False)
    with (
        Server(tmp_path, dbname=address) as server,
        closing(StoppedProgram(tmp_path, address, SIGTSTP)) as program,
    ):
        program.wait_until_stopped()
        assert (program.bans, program.holder) == (1, None)
        say(server, "hello")
        assert program.resume() == (0, "")
