"""HAProxy in front of several servers, with their health checks and the PROXY protocol."""

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.process.nodes.cluster import ServerNode
from tests.process.server_process import free_port
from tests.process.socket_client import TIMEOUT_SECONDS, SocketClient, connect
from tests.waiting import eventually

SOURCE = "127.0.0.2"  # from which it connects, so that others can connect directly
PROXY_SETTINGS = {"proxy_from": SOURCE}  # of the servers
CONFIGURATION = """
defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    retries 3
    option redispatch
listen irc
    bind 127.0.0.1:{port}
    balance {balance}
    option httpchk GET /readyz
    default-server inter 200ms fall 1 rise 1 on-marked-down shutdown-sessions
"""
SERVER = "    server {name} 127.0.0.1:{port} source {source} send-proxy-v2 check port {health}\n"


class HAProxy:
    """A load balancer, as a process of its own.

    `nodes` has the port and the metrics port of each. `balance` is "roundrobin", or "first" to
    connect everybody to the first that is ready.
    """

    name = "haproxy"

    def __init__(self, folder: Path, nodes: Mapping[str, tuple[int, int]], balance: str) -> None:
        self.port = free_port()
        file = folder / "haproxy.cfg"
        servers = (
            SERVER.format(name=name, port=port, health=health, source=SOURCE)
            for name, (port, health) in nodes.items()
        )
        file.write_text(CONFIGURATION.format(port=self.port, balance=balance) + "".join(servers))
        with (folder / "haproxy.log").open("wb") as log:
            self._process = subprocess.Popen(["haproxy", "-db", "-f", file], stdout=log, stderr=log)
        eventually(self._listens, TIMEOUT_SECONDS)

    def _listens(self) -> bool:
        try:
            SocketClient(self.port).close()
        except OSError:
            return False
        return True

    def connect(self, nick: str, *caps: str) -> SocketClient:
        """Open a connection to one of the servers, and register.

        Raises: OSError or ConnectionEnded when no server answers.
        """
        return connect(self.port, nick, *caps)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait(TIMEOUT_SECONDS)


@contextmanager
def open_haproxy(folder: Path, nodes: Iterable[ServerNode], balance: str) -> Iterator[HAProxy]:
    """Start a load balancer, and end it afterwards."""
    proxy = HAProxy(folder, {node.name: (node.port, node.health_port) for node in nodes}, balance)
    try:
        yield proxy
    finally:
        proxy.close()
