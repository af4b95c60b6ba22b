"""A node that the others have removed starts again by itself, in the same process."""

import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest

from tests.postgres import Postgres
from tests.process.nodes.cluster import ServerNode
from tests.process.socket_client import TIMEOUT_SECONDS
from tests.process.test_systemd import wait_for


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket in place of systemd's."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(TIMEOUT_SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield systemd


def metrics(port: int) -> list[str]:
    """Return the metrics of a server."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)) as connection:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode().splitlines()


def test_removed_node_says_why_and_starts_again(
    tmp_path: Path, postgres: Postgres, systemd: socket.socket
) -> None:
    with postgres.database() as url:
        address = url.render_as_string(hide_password=False)
        node = ServerNode("a", tmp_path, dbname=address)
        node.start()
        with closing(node), node.connect("alice") as alice:
            wait_for(systemd, "READY=1")
            with psycopg.connect(address) as other:
                other.execute("DELETE FROM node")
            alice.send("PRIVMSG #general :too late")
            assert "The node a did not renew its lease" in alice.rest()[-1]
            wait_for(systemd, "RELOADING=1")
            wait_for(systemd, "READY=1")
            with node.connect("alice") as again:
                again.fence()
            assert 'chat_restarts_total{reason="lease-expired"} 1.0' in metrics(node.health_port)
            assert "Starting again." in node.log
            assert node.server.end() == 0
