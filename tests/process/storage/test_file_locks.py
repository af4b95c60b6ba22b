"""The start on file systems whose locks or shared memory fail, as on some network file systems."""

import errno
import os
import platform
import subprocess
from pathlib import Path

import pytest

from tests.process.seccomp import ERRNO, Rule, installer
from tests.process.server_process import PROGRAM, environment
from tests.process.socket_client import TIMEOUT_SECONDS

pytestmark = pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"), reason="uses system call numbers"
)

FLOCK, FCNTL, MMAP = 73, 72, 9
SET_LOCK, MAP_SHARED = 6, 1
FAULTS = {
    "flock": (Rule(FLOCK, ERRNO), "cannot be locked ({reason}), so two servers might use it at once."),
    "locks": (Rule(FCNTL, ERRNO, 1, SET_LOCK), "SQLite needs a file system with locks and shared memory"),
    "memory": (Rule(MMAP, ERRNO, 3, MAP_SHARED), "SQLite needs a file system with locks and shared memory"),
}


@pytest.mark.parametrize("error", [errno.ENOLCK, errno.EOPNOTSUPP])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("is_new", [True, False])
def test_unusable_locks_are_explained_at_the_start(
    tmp_path: Path, sqlite_template: Path, fault: str, error: int, is_new: bool
) -> None:
    if not is_new:
        (tmp_path / "chat.db").write_bytes(sqlite_template.read_bytes())
    rule, sentence = FAULTS[fault]
    done = subprocess.run(
        [PROGRAM, "run", "-p", "0"],
        cwd=tmp_path,
        env=environment(io_uring="false"),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
        preexec_fn=installer([Rule(rule.call, ERRNO | error, rule.argument, rule.value)]),
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "local disk, or use PostgreSQL." in done.stderr
    assert sentence.format(reason=os.strerror(error)) in done.stderr
