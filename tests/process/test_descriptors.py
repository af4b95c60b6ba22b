"""Out of file descriptors: existing connections work, new ones wait, and no thread spins."""

import os
import resource
from pathlib import Path

from app.process import SPARE_DESCRIPTORS
from tests.process.server_process import Server

MAX_CPU_NANOSECONDS = 100_000_000  # of the idle accept thread in a second; a spinning thread uses all of it


def accept_thread_cpu(server: Server) -> int:
    """Return the CPU time of the accept thread so far, in nanoseconds."""
    for thread in Path(f"/proc/{server.process.pid}/task").iterdir():
        if (thread / "comm").read_text().startswith("accept-"):
            return int((thread / "schedstat").read_text().split()[0])
    raise AssertionError("no accept thread")


def test_new_connections_wait_for_a_free_descriptor(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        alice, bob = server.connect("alice"), server.connect("bob")
        used = max(map(int, os.listdir(f"/proc/{server.process.pid}/fd")))  # noqa: PTH208  names, not files
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used + 1, used + 1))
        late = server.connect()
        late.send("PING late")
        before = accept_thread_cpu(server)
        assert late.is_silent(1.0)
        assert accept_thread_cpu(server) - before < MAX_CPU_NANOSECONDS
        alice.fence()
        bob.send("QUIT")
        bob.rest()
        bob.close()
        assert late.line().endswith(":late")
        assert server.log.count("Cannot accept connections for now") == 1


def test_the_server_raises_its_descriptor_limit(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(2_000, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
    try:
        server = Server(tmp_path, max_connections=wanted - SPARE_DESCRIPTORS)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with server:
        assert resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE) == (wanted, hard)
