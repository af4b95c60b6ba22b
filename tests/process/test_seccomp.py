"""The server under seccomp filters that forbid io_uring, as container runtimes set them."""

import errno
import subprocess
import sys
from pathlib import Path
from signal import SIGSYS

import pytest

from app.net.kernel.io_uring import ENTER, REGISTER, SETUP
from tests.process.seccomp import ERRNO, KILL_PROCESS, Rule, installer
from tests.process.server_process import PROGRAM, Server, environment
from tests.process.socket_client import TIMEOUT_SECONDS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is a facility of Linux")

ALL_CALLS = SETUP, ENTER, REGISTER


def converse(server: Server) -> None:
    """Let two users exchange messages, then stop the server."""
    anna, bob = server.connect("anna"), server.connect("bob")
    for number in range(50):
        anna.send(f"PRIVMSG #general :{number}")
        assert bob.until(lambda line: line.command == "PRIVMSG")[-1].endswith(f" :{number}")
    assert server.end() == 0
    assert "Traceback" not in server.log


@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS, errno.EACCES])
@pytest.mark.parametrize("calls", [ALL_CALLS, (ENTER,)])
def test_forbidden_io_uring_is_replaced_by_plain_system_calls(
    tmp_path: Path, calls: tuple[int, ...], error: int
) -> None:
    forbid = installer(Rule(call, ERRNO | error) for call in calls)
    with Server(tmp_path, preexec_fn=forbid) as server:
        converse(server)


def test_without_io_uring_none_of_its_calls_is_made(tmp_path: Path) -> None:
    """The filter kills the process at the first such call."""
    forbid = installer(Rule(call, KILL_PROCESS) for call in ALL_CALLS)
    with Server(tmp_path, io_uring="false", preexec_fn=forbid) as server:
        converse(server)


def test_the_filter_kills_a_server_that_uses_io_uring(tmp_path: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "run", "-p", "0"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
        preexec_fn=installer(Rule(call, KILL_PROCESS) for call in ALL_CALLS),
    )
    assert done.returncode == -SIGSYS
