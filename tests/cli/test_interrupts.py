"""Ctrl-C while a program is imported ends it with 130, without a traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_server import environment

BLOCKING_MODULE = """
import signal
print("importing", flush=True)
while True:
    signal.pause()
"""


@pytest.mark.parametrize(
    ("module", "arguments", "blocked"),
    [
        ("app.cli.admin", "user list", "typer"),
        ("app.cli.admin", "user list", "sqlalchemy"),
        ("app.cli.server", "check", "typer"),
        ("app.cli.server", "check", "sqlalchemy"),
        ("app.cli.client", "", "typer"),
        ("app.cli.client", "setup", "pydantic"),
    ],
)
def test_an_interrupted_import_ends_the_program_silently(
    module: str, arguments: str, blocked: str, tmp_path: Path
) -> None:
    (tmp_path / f"{blocked}.py").write_text(BLOCKING_MODULE)
    more = environment()
    path = os.pathsep.join([str(tmp_path), more["PYTHONPATH"]])
    program = [sys.executable, "-c", f"from {module} import main; main()", *arguments.split()]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(
        program, cwd=tmp_path, env=more | {"PYTHONPATH": path}, text=True, **streams
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 130


CLOSING = """
import signal, sys
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool
from app.cli import admin, terminal

class Connection:
    def close(self):
        signal.raise_signal(signal.SIGINT)

def call(app, program):
    pool = QueuePool(Connection, reset_on_return=None)
    pool.connect().close()
    pool.dispose()

terminal._call = call
admin.main()
"""


def test_ctrl_c_while_a_connection_is_closed_prints_nothing(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CLOSING], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")
