"""Servers of two versions on one database: which migrations older servers can go on beside."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from app.db.migration import revisions
from tests.postgres import Postgres
from tests.process import server_process
from tests.process.server_process import Server, environment
from tests.process.socket_client import TIMEOUT_SECONDS

NEXT = "9999"
CLAIM_MODES = """
    SELECT mode FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE datname = current_database() AND locktype = 'advisory' AND objsubid = 2 AND classid = 1667785076
"""  # the locks on the database, which a server shares
MIGRATION = f'''"""Add a table with the claims that are held during the migration."""

from alembic import op

revision = "{NEXT}"
down_revision = "{revisions.head()}"


def upgrade() -> None:
    op.execute("CREATE TABLE claimed AS {" ".join(CLAIM_MODES.split())}")
'''
PROGRAM = """#!{python}
from pathlib import Path
from app.cli.{name} import main
from app.db.migration import revisions
from app.db.postgresql import claim
revisions.scripts_folder = lambda: Path({scripts!r})
claim.CLAIM_WAIT_SECONDS = 0.3
main()
"""


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty chat database."""
    with postgres.database() as url:
        yield to_text(url)


def to_text(url: URL) -> str:
    """Return the URL with its password."""
    return url.render_as_string(hide_password=False)


class NextVersion:
    """The programs of a version that has one more migration."""

    def __init__(self, folder: Path, url: str, is_compatible: bool) -> None:
        self._folder = folder
        self._url = url
        scripts = folder / "migrations"
        shutil.copytree(revisions.scripts_folder(), scripts)
        (scripts / "versions" / f"{NEXT}_next.py").write_text(
            f"{MIGRATION}\nis_compatible = {is_compatible}\n"
        )
        self.server, self.admin = (self._write(name, scripts) for name in ("server", "admin"))

    def _write(self, name: str, scripts: Path) -> Path:
        program = self._folder / f"chat-{name}"
        program.write_text(PROGRAM.format(python=sys.executable, name=name, scripts=str(scripts)))
        program.chmod(0o700)
        return program

    def run(self, program: Path, *arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
        """Run a program that is expected to end."""
        return subprocess.run(
            [program, *arguments],
            cwd=self._folder,
            env=environment(dbname=self._url, **settings),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )


def claims_during_upgrade(url: str) -> list[str] | None:
    """Return the modes of the claims that were held during the next migration; None before it."""
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT to_regclass('claimed')").fetchone() == (None,):
            return None
        return [mode for (mode,) in connection.execute("SELECT mode FROM claimed")]


def talk(speaker: Server, listener: Server) -> None:
    """Send a message from a user of one server to a user of another."""
    alice, bob = speaker.connect("alice"), listener.connect("bob")
    bob.fence()
    alice.send("PRIVMSG #general :still here")
    while not (line := bob.line()).endswith(" PRIVMSG #general :still here"):
        assert " JOIN " in line


def test_incompatible_upgrade_waits_until_all_servers_are_stopped(tmp_path: Path, url: str) -> None:
    following = NextVersion(tmp_path, url, is_compatible=False)
    with Server(tmp_path, dbname=url, node="chat-1") as old:
        for attempt in (
            following.run(following.server, "run", "-p", "0", node="chat-2"),
            following.run(following.admin, "db", "upgrade"),
        ):
            assert attempt.returncode == 1
            assert (
                f"to schema {NEXT} needs the database for itself, but servers are running" in attempt.stderr
            )
            assert "chat-1 (version " in attempt.stderr
            assert "Stop them first; nothing was changed." in attempt.stderr
        assert claims_during_upgrade(url) is None
        talk(old, old)
        assert old.end() == 0
    assert following.run(following.admin, "db", "upgrade").returncode == 0
    assert claims_during_upgrade(url) == ["ExclusiveLock"]


def test_compatible_upgrade_runs_beside_older_servers(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = NextVersion(tmp_path, url, is_compatible=True)
    folder = tmp_path / "next"
    folder.mkdir()
    with Server(tmp_path, dbname=url, node="chat-1") as old:
        monkeypatch.setattr(server_process, "PROGRAM", following.server)
        with Server(folder, dbname=url, node="chat-2") as new:
            assert claims_during_upgrade(url) == ["ShareLock"]
            talk(old, new)
