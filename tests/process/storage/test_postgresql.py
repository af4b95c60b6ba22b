"""A server on PostgreSQL: outages, a lost claim, and a second server."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from app.db.database import Database
from app.db.postgresql.locks import LOG_LOCK
from app.services.stats import find_problems
from tests.postgres import Postgres
from tests.process.server_process import PROGRAM, Server, environment
from tests.process.storage.test_outage import GRACE_SECONDS, pass_time
from tests.silent_proxy import SilentProxy
from tests.waiting import eventually

DEADLINE_SECONDS = 20
Outage = Callable[[SilentProxy, URL], AbstractContextManager[None]]


@pytest.fixture
def url(postgres: Postgres) -> Iterator[URL]:
    """The URL of an empty chat database."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def proxy(url: URL) -> Iterator[SilentProxy]:
    """A proxy in front of the database."""
    with SilentProxy(url) as proxy:
        yield proxy


def to_text(url: URL) -> str:
    """Return the URL with its password."""
    return url.render_as_string(hide_password=False)


def connect(url: URL) -> psycopg.Connection:
    """Open a connection that bypasses the program."""
    return psycopg.connect(to_text(url))


def run_second(folder: Path, url: URL, **settings: object) -> subprocess.CompletedProcess[str]:
    """Start another server, and return its output after it has refused to run."""
    return subprocess.run(
        [PROGRAM, "run", "-p", "0"],
        cwd=folder,
        env=environment(dbname=to_text(url), **settings),
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )


@contextmanager
def held(statement: str, url: URL) -> Iterator[None]:
    """Hold a lock in another session."""
    with connect(url) as other:
        other.execute(statement)
        yield
        other.rollback()


@contextmanager
def locked_log(proxy: SilentProxy, url: URL) -> Iterator[None]:
    """Hold the log's lock."""
    with held(f"SELECT pg_advisory_xact_lock({LOG_LOCK})", url):
        yield


@contextmanager
def locked_table(proxy: SilentProxy, url: URL) -> Iterator[None]:
    """Lock the log against readers and writers, as VACUUM FULL does."""
    with held("LOCK TABLE event IN ACCESS EXCLUSIVE MODE", url):
        yield


@contextmanager
def silent(proxy: SilentProxy, url: URL) -> Iterator[None]:
    """Answer nothing, on present and new connections."""
    proxy.silence()
    yield
    proxy.resume()


def wait_for_outage(server: Server) -> None:
    """Wait until the server has noticed that the database fails."""
    eventually(lambda: "The database fails" in server.log, DEADLINE_SECONDS)


@pytest.mark.parametrize("outage", [locked_log, locked_table, silent])
def test_database_that_blocks_is_an_outage(
    tmp_path: Path, proxy: SilentProxy, url: URL, outage: Outage
) -> None:
    with Server(tmp_path, dbname=to_text(proxy.url)) as server:
        alice = server.connect("alice", "echo-message")
        bob = server.connect("bob")
        dave = server.connect("dave", "standard-replies")
        for peer in (alice, bob, dave):
            peer.fence()
        with outage(proxy, url):
            alice.send("PRIVMSG #general :at the start", "PING behind")
            wait_for_outage(server)
            pass_time(bob, GRACE_SECONDS)
            dave.send("PRIVMSG #general :too late")
            assert "TEMPORARILY_UNAVAILABLE #general :Not stored" in dave.line()
            pass_time(bob, 1)
        assert bob.line().endswith(" PRIVMSG #general :at the start")
        assert [line.split()[1] for line in alice.hears("behind")] == ["PRIVMSG", "PONG"]
        assert server.end() == 0
        assert "The database works again" in server.log
    database = Database(url)
    with database.reading() as session:
        assert find_problems(session) == []
    database.close()


def test_silently_dropped_connection_is_replaced(tmp_path: Path, proxy: SilentProxy) -> None:
    with Server(tmp_path, dbname=to_text(proxy.url)) as server:
        alice, bob = server.connect("alice"), server.connect("bob")
        bob.fence()
        proxy.lose_connections()
        alice.send("PRIVMSG #general :still here")
        assert bob.line().endswith(" PRIVMSG #general :still here")
        assert server.end() == 0


def end_sessions(url: URL) -> None:
    """End every other session on the database."""
    with connect(url) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_server_keeps_its_claim_after_lost_connections(tmp_path: Path, url: URL) -> None:
    with Server(tmp_path, dbname=to_text(url)) as server:
        alice, bob = server.connect("alice"), server.connect("bob")
        bob.fence()
        end_sessions(url)
        alice.send("PRIVMSG #general :still here")
        assert bob.line().endswith(" PRIVMSG #general :still here")
        second = run_second(tmp_path, url, node="main")
        assert second.returncode == 1
        assert "Another server named 'main' is running on this database" in second.stderr
        assert "give this one another name with the setting `node`" in second.stderr


def take_over(proxy: SilentProxy, url: URL, folder: Path) -> Server:
    """Start a second server while the first one has no connection to the database."""
    proxy.silence()
    end_sessions(url)
    folder.mkdir()
    return Server(folder, dbname=to_text(url))


def test_server_that_lost_its_claim_stops(tmp_path: Path, proxy: SilentProxy, url: URL) -> None:
    with Server(tmp_path, dbname=to_text(proxy.url)) as first:
        alice = first.connect("alice")
        alice.fence()
        with take_over(proxy, url, tmp_path / "second") as second:
            proxy.resume()
            assert [line.partition(" ")[0] for line in alice.rest()] == ["ERROR"]
            assert first.wait() == 1
            assert "Another server named 'main' is running on this database" in first.log
            assert "Traceback" not in first.log
            second.connect("alice").fence()


def test_killed_server_can_be_started_again_at_once(tmp_path: Path, url: URL) -> None:
    with Server(tmp_path, dbname=to_text(url)) as first:
        first.connect("alice").send(*["PRIVMSG #general :under load"] * 200)
        first.kill()
        with Server(tmp_path, dbname=to_text(url)) as second:
            second.connect("alice").fence()
            assert second.end() == 0


def test_reindex_does_not_block_the_server(tmp_path: Path, url: URL) -> None:
    with Server(tmp_path, dbname=to_text(url)) as server, connect(url) as reader:
        alice, bob = server.connect("alice"), server.connect("bob")
        bob.fence()
        reader.execute("SELECT count(*) FROM spoken_index")  # the rebuild waits for this transaction
        reindex = subprocess.Popen(
            [PROGRAM.with_name("chat-admin"), "db", "reindex"],
            cwd=tmp_path,
            env=environment(dbname=to_text(url)),
            stdout=subprocess.DEVNULL,
        )
        building = "SELECT 1 FROM pg_stat_progress_create_index WHERE datname = current_database()"
        with psycopg.connect(to_text(url), autocommit=True) as observer:
            eventually(lambda: observer.execute(building).fetchone() is not None, DEADLINE_SECONDS)
            alice.send("PRIVMSG #general :meanwhile")
            assert bob.line().endswith(" PRIVMSG #general :meanwhile")
        reader.rollback()
        assert reindex.wait(DEADLINE_SECONDS) == 0
        assert "The database fails" not in server.log
