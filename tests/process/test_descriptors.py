"""The system is short of descriptors: those who are here go on, those who come wait, and nothing spins."""

import os
import resource
from pathlib import Path

from app.bootstrap import SPARE_DESCRIPTORS
from tests.process.server_process import Server

MOST_CPU = (
    100_000_000  # nanoseconds of the thread that accepts, which has nothing to do; one that spins takes all
)


def accepting(server: Server) -> int:
    """Return the nanoseconds of CPU that the thread which accepts has taken; what the others do is no matter."""
    for thread in Path(f"/proc/{server.process.pid}/task").iterdir():
        if (thread / "comm").read_text().startswith("accept-"):
            return int((thread / "schedstat").read_text().split()[0])
    raise AssertionError("no thread accepts connections")


def test_those_who_come_wait_until_somebody_goes(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        alice, bob = server.connect("alice"), server.connect("bob")
        used = max(map(int, os.listdir(f"/proc/{server.process.pid}/fd")))  # noqa: PTH208  names, not files
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used + 1, used + 1))
        late = server.connect()
        late.send("PING late")
        before = accepting(server)
        assert late.is_silent(1.0)
        assert accepting(server) - before < MOST_CPU
        alice.fence()
        bob.send("QUIT")
        bob.rest()
        bob.close()
        assert late.line().endswith(":late")
        assert server.log.count("Cannot accept connections for now") == 1


def test_it_asks_for_as_many_descriptors_as_it_may_have(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(2_000, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
    try:
        server = Server(tmp_path, max_connections=wanted - SPARE_DESCRIPTORS)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with server:
        assert resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE) == (wanted, hard)
