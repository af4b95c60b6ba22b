"""The server as a service: its messages to systemd, and the unit files."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from configparser import RawConfigParser
from contextlib import closing
from pathlib import Path
from signal import SIGHUP

import pytest

from tests.process.server_process import PROGRAM, Server, environment
from tests.process.socket_client import TIMEOUT_SECONDS
from tests.process.storage.test_outage import locked
from tests.waiting import eventually

UNITS = Path(__file__).parents[2] / "contrib" / "systemd"
INSTALLED = "/opt/durable-chat/bin"
MAX_EXPOSURE = 15  # tenths; systemd calls up to 20 "OK"
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")


@pytest.fixture
def notify_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket in place of systemd's, with a watchdog of one and a half seconds."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(TIMEOUT_SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "1500000")
        yield systemd


def wait_for(systemd: socket.socket, start: str) -> None:
    """Receive messages until an assignment in one of them starts like this."""
    while not any(line.startswith(start) for line in systemd.recv(4096).decode().split("\n")):
        pass


def test_systemd_hears_of_every_change(tmp_path: Path, notify_socket: socket.socket) -> None:
    settings = tmp_path / "serverSetup.json"
    settings.write_text("{}")
    with Server(tmp_path) as server:
        wait_for(notify_socket, "READY=1")
        wait_for(notify_socket, "WATCHDOG=1")
        server.connect("alice")  # it listens
        server.process.send_signal(SIGHUP)
        wait_for(notify_socket, "RELOADING=1")
        wait_for(notify_socket, "READY=1")
        settings.write_text("{")
        server.process.send_signal(SIGHUP)
        wait_for(notify_socket, "RELOADING=1")
        wait_for(notify_socket, "READY=1")
        eventually(lambda: "The settings were not reloaded" in server.log, TIMEOUT_SECONDS)
        server.process.terminate()
        wait_for(notify_socket, "STOPPING=1")
        assert server.wait() == 0


def test_the_watchdog_is_fed_while_the_database_is_locked(
    tmp_path: Path, notify_socket: socket.socket
) -> None:
    with Server(tmp_path) as server:
        alice = server.connect("alice")
        with locked(server):
            alice.send("PRIVMSG #general :hello")
            wait_for(notify_socket, "STATUS=The database fails: database is locked")
            for _ in range(3):
                wait_for(notify_socket, "WATCHDOG=1")
        wait_for(notify_socket, "STATUS=Running.")


def unit(name: str) -> RawConfigParser:
    """Return a unit file; of a repeated directive, the last value."""
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNITS / name)
    return parser


def installed_unit(name: str, folder: Path) -> Path:
    """Copy a unit to a folder, with the path of these programs."""
    text = (UNITS / name).read_text(encoding="utf-8")
    assert INSTALLED in text or not name.endswith(".service")
    copy = folder / name
    copy.write_text(text.replace(INSTALLED, str(PROGRAM.parent)))
    return copy


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze."""
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"SYSTEMD_COLORS": "0"},
    )


def test_the_unit_uses_what_the_server_offers() -> None:
    service = unit("chat-server.service")["Service"]
    assert service["Type"] == "notify"
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert int(service["WatchdogSec"]) >= 60
    assert service["RestartPreventExitStatus"] == "2"
    assert int(service["LimitNOFILE"]) >= 12_300  # the default of max_connections, and spare ones


def test_the_backup_unit_backs_up(tmp_path: Path) -> None:
    service = unit("chat-backup.service")["Service"]
    place, folder = service["ReadWritePaths"], tmp_path / "backups"
    folder.mkdir()
    with Server(tmp_path):
        command = service["ExecStart"].replace(INSTALLED, str(PROGRAM.parent)).replace(place, str(folder))
        subprocess.run(
            command.split(), cwd=tmp_path, env=environment(), check=True, stdout=subprocess.DEVNULL
        )
    assert len(list(folder.glob("chat-*.db"))) == 1


@needs_systemd
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    units = [installed_unit(path.name, tmp_path) for path in UNITS.iterdir()]
    assert {unit.suffix for unit in units} == {".service", ".timer"}
    done = analyze("verify", *units)
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("name", [path.name for path in UNITS.glob("*.service")])
def test_the_unit_is_sandboxed(name: str, tmp_path: Path) -> None:
    copy = installed_unit(name, tmp_path)
    done = analyze("security", "--offline=true", f"--threshold={MAX_EXPOSURE}", copy)
    assert done.returncode == 0, done.stdout
