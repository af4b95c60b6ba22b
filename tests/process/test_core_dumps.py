"""A crash leaves no file with the passwords and messages in memory."""

import resource
import subprocess
import sys
from pathlib import Path
from signal import SIGSEGV

import pytest

from tests.process.server_process import Server, environment
from tests.process.socket_client import TIMEOUT_SECONDS

PRINT_LIMIT = """
import atexit, resource, sys
from {module} import main
sys.argv[1:] = ["--version"]
atexit.register(lambda: print(resource.getrlimit(resource.RLIMIT_CORE)[0]))
main()
"""


def allow_core_files() -> None:
    """Raise the soft limit to the hard limit."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


@pytest.mark.parametrize("module", ["app.cli.admin", "app.cli.client"])
def test_commands_disable_core_files(tmp_path: Path, module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRINT_LIMIT.format(module=module)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT_SECONDS,
        preexec_fn=allow_core_files,
    )
    assert done.stdout.splitlines()[-1] == "0"


def test_a_crash_leaves_no_core_file(tmp_path: Path) -> None:
    with Server(tmp_path, preexec_fn=allow_core_files) as server:
        anna = server.connect("anna")
        anna.send("REGISTER * * correct-horse")
        anna.hears("REGISTER SUCCESS")
        limits = resource.prlimit(server.process.pid, resource.RLIMIT_CORE)
        server.process.send_signal(SIGSEGV)
        assert server.wait() == -SIGSEGV
        assert limits == (0, resource.getrlimit(resource.RLIMIT_CORE)[1]), "prlimit can raise it"
    assert list(tmp_path.glob("core*")) == []
