"""The servers to measure: a new instance of this one, or any running server."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from scripts.benchmarks.address import Address
from scripts.benchmarks.signals import blocked_signals

TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 30
STOP_SECONDS = 30
SPARE_LIMIT = 100  # connections and rooms in addition to the scenario's


@dataclass(frozen=True, slots=True)
class Target:
    """A server to measure; its process id is needed for CPU time and memory."""

    name: str
    address: Address
    process: int | None = None

    @property
    def cpu_seconds(self) -> float | None:
        """CPU time used by the process so far, in seconds; None if it is unknown."""
        if self.process is None:
            return None
        try:
            fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def memory(self) -> int | None:
        """Resident memory of the process in bytes; None if it is unknown."""
        if self.process is None:
            return None
        try:
            pages = Path(f"/proc/{self.process}/statm").read_text().split()[1]
        except OSError:
            return None
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


class NotStarted(Exception):
    """The server to measure did not start; the text says why."""


def parse_target(text: str) -> Target:
    """Parse `NAME=HOST:PORT,PROCESS`, where the name and the process id are optional.

    Raises: ValueError if the text has another form.
    """
    name, _, rest = text.rpartition("=")
    where, _, process = rest.partition(",")
    host, _, port = where.rpartition(":")
    host = host.strip("[]")
    is_port = port.isdecimal() and 0 < int(port) < 65536
    if not host or not is_port or (process and not process.isdecimal()):
        raise ValueError(
            f"{text} is not a server address; use HOST:PORT, HOST:PORT,PROCESS or NAME=HOST:PORT,PROCESS"
        )
    return Target(name or where, Address(host, int(port)), int(process) if process else None)


def settings_for(people: int) -> dict[str, object]:
    """Return the non-default settings for a run with this number of users."""
    return {
        "flood_rate": 0,  # unlimited: senders are limited by the window only
        "auto_join": [],  # only the rooms of the scenario
        "max_connections": people + SPARE_LIMIT,
        "max_unregistered": people + SPARE_LIMIT,  # all may connect at once
        "max_rooms_per_user": people // 10
        + SPARE_LIMIT,  # also limits the rooms created per hour and address
    }


@contextlib.contextmanager
def start_own_server(people: int, tls: bool = False) -> Iterator[Target]:
    """Run this server on a new database in a temporary folder until the end of the block.

    With `tls`, the target is its TLS listener, with a certificate created for this run.
    """
    port = free_port()
    command = [str(Path(sys.executable).with_name("chat-server")), "run", "-p", str(port), "-d", "chat.db"]
    address = Address("127.0.0.1", free_port() if tls else port, tls)
    with tempfile.TemporaryDirectory(prefix="chat-bench-") as name:
        folder = Path(name)
        (folder / "serverSetup.json").write_text(json.dumps(settings_for(people)))
        if tls:
            certificate = str(_make_certificate(folder))
            command += ["--tls-cert", certificate, "--tls-key", certificate, "--tls-port", str(address.port)]
        with running(command, folder) as process:
            wait_for(address.port, process, folder / "log")
            yield Target("this server with TLS" if tls else "this server", address, process.pid)


@contextlib.contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server in a folder until the end of the block."""
    process = None
    try:
        with (folder / "log").open("wb") as log, blocked_signals() as unblock:
            process = subprocess.Popen(
                command, cwd=folder, env=_environment(), stdout=log, stderr=log, preexec_fn=unblock
            )
        yield process
    finally:
        if process is not None:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a server with SIGTERM, or kill it after a timeout."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _environment() -> dict[str, str]:
    """Return the environment without `CHAT_*` variables."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}


def _make_certificate(folder: Path) -> Path:
    """Create a key and a self-signed certificate, and return the file with both."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "tls.pem"
    path.touch(0o600)
    path.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(pem))
    return path


def free_port() -> int:
    """Return a TCP port that is currently free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server accepts connections.

    Raises: NotStarted with its log if it does not.
    """
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise NotStarted(f"The server did not start. Its log:\n{log.read_text(errors='replace')}")
