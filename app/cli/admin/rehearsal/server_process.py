"""A server process on a database in a temporary folder, reachable only from this machine."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.errors import ChatError

START_TIMEOUT_SECONDS = 900.0  # an upgrade of a large database takes minutes
STOP_TIMEOUT_SECONDS = 30.0
_READY = "Stop with"  # begins the last line of the greeting
_PROGRAM = "from app.cli.server import main; main()"
_SETTINGS = {"ip": "127.0.0.1", "port": 0, "flood_rate": 0, "registration": "closed"}


@contextmanager
def running_server(database: Path) -> Iterator[int]:
    """Run a server with default settings on a database, and yield its port.

    Raises: ChatError when it does not start, or does not stop as it should.
    """
    log = database.with_name("log.txt")
    with log.open("wb") as errors, _start(database, errors.fileno()) as process:
        watchdog = threading.Timer(START_TIMEOUT_SECONDS, process.kill)
        watchdog.start()
        try:
            port = _read_port(process)
        finally:
            watchdog.cancel()
        if port is None:
            process.wait()
            raise ChatError(f"The server did not start: {_last_line(log)}")
        try:
            yield port
        finally:
            code = _stop(process)
    if code != 0:
        raise ChatError(f"The server ended with the exit code {code}: {_last_line(log)}")


@contextmanager
def _start(database: Path, errors: int) -> Iterator["subprocess.Popen[str]"]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, "run", "--config", str(_write_settings(database))],
        cwd=database.parent,
        env=inherited,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()


def _write_settings(database: Path) -> Path:
    """Write a settings file, so that those beside the program are not read, and return its path."""
    file = database.with_name("settings.json")
    file.write_text(json.dumps(_SETTINGS | {"dbname": str(database)}))
    return file


def _read_port(process: "subprocess.Popen[str]") -> int | None:
    """Return the port in the greeting, or None if the server ended before it was ready."""
    port = None
    for line in process.stdout or ():
        if port is None and " port " in line:
            port = int(line.partition(" port ")[2].partition(",")[0].rstrip(".\n"))
        if line.startswith(_READY):
            return port
    return None


def _stop(process: "subprocess.Popen[str]") -> int:
    process.terminate()
    try:
        return process.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it printed no error."
