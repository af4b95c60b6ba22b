"""The five minutes of docs/scaling.md: PostgreSQL, two nodes and a load balancer, as written."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.postgres import Postgres
from tests.process.server_process import PROGRAM, environment, free_port
from tests.process.socket_client import TIMEOUT_SECONDS, SocketClient
from tests.waiting import eventually

PAGE = Path(__file__).parents[3] / "docs" / "scaling.md"
PORTS = ("6667", "6671", "6672", "9671", "9672")
READY_SECONDS = 60.0

pytestmark = pytest.mark.skipif(shutil.which("haproxy") is None, reason="HAProxy is not installed")


class Example:
    """The configuration and the commands of the page, with ports that are free."""

    def __init__(self, url: str) -> None:
        ports = {port: str(free_port()) for port in PORTS}
        section = PAGE.read_text(encoding="utf-8").partition("## In five minutes")[2].partition("\n## ")[0]
        section = re.sub("|".join(PORTS), lambda port: ports[port[0]], section)
        section = section.replace("postgresql:///chat", url)
        self.configuration = section.partition("```\n")[2].partition("```")[0]
        self.commands = re.findall(r"^\$ (.*)$", section, re.MULTILINE)
        self.port = int(ports["6667"])
        self.metrics_ports = [int(ports[port]) for port in ("9671", "9672")]


def is_ready(port: int) -> bool:
    """Return whether the node with this metrics port is ready."""
    with suppress(OSError):
        connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
        connection.close()
        return status == 200
    return False


def reaches_a_node(port: int) -> bool:
    """Return whether the load balancer connects clients, which it does after its first check."""
    with suppress(OSError), SocketClient(port) as client:
        client.send("PING :x")
        return bool(client.socket.recv(1))
    return False


@contextmanager
def shell(folder: Path, script: str) -> Iterator[None]:
    """Run a script in a shell of its own; end everything that it started."""
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env=environment() | {"PATH": path},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(TIMEOUT_SECONDS)


def test_five_minutes_are_enough(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.database("template0") as url:
        address = url.render_as_string(hide_password=False)
        example = Example(f"'{address}'")
        (tmp_path / "haproxy.cfg").write_text(example.configuration)
        checked = subprocess.run(
            ["haproxy", "-c", "-f", "haproxy.cfg"], cwd=tmp_path, capture_output=True, text=True
        )
        assert checked.returncode == 0, checked.stderr
        *starting, listing = example.commands
        with shell(tmp_path, "\n".join([*starting, "wait"])):
            for port in example.metrics_ports:
                eventually(lambda port=port: is_ready(port), READY_SECONDS)  # type: ignore[misc]
            rows = subprocess.check_output(
                [*listing.replace("chat-admin", str(PROGRAM.with_name("chat-admin"))).split(), "--json"],
                cwd=tmp_path,
                env=environment(dbname=address),
            )
            assert [row["name"] for row in json.loads(rows)] == ["chat-1", "chat-2"]
            eventually(lambda: reaches_a_node(example.port), READY_SECONDS)
            with SocketClient(example.port) as alice, SocketClient(example.port) as bob:
                alice.register("alice")
                bob.register("bob")
                assert any(" PRIVMSG #general :together" in line for line in said(alice, bob, "together"))


def said(speaker: SocketClient, listener: SocketClient, text: str) -> Iterator[str]:
    """Have one user send a message to #general; yield what another receives."""
    speaker.send(f"PRIVMSG #general :{text}")
    while True:
        yield listener.line()
