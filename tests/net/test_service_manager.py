"""Messages to the service manager, received by a socket in its place."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.engine.monitoring.engine_status import STALL_SECONDS, EngineStatus
from app.net.service_manager import MAX_RELOAD_SECONDS, ServiceManager
from tests.conftest import MovedClock

WORKING = EngineStatus(0.1, 0.0, 1.0, None, None)
FAILING = EngineStatus(0.1, 0.0, 900.0, 899.0, "database is locked")
HUNG = EngineStatus(STALL_SECONDS, 0.0, 30.0, None, None)


class NotifySocket:
    """The socket of a service manager."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.setblocking(False)

    def received(self) -> list[list[str]]:
        """Return the assignments of each message since the last call."""
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode().split("\n"))
            except BlockingIOError:
                return messages

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[NotifySocket]:
    """The service manager of the tests."""
    manager = NotifySocket(str(tmp_path / "notify"))
    yield manager
    manager.close()


@pytest.fixture
def environment(systemd: NotifySocket, tmp_path: Path) -> dict[str, str]:
    """The environment of a service with a watchdog of nine seconds."""
    return {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "9000000",
        "WATCHDOG_PID": str(os.getpid()),
        "HOME": "/",
    }


def test_the_variables_are_not_left_for_child_processes(
    environment: dict[str, str], clock: MovedClock
) -> None:
    ServiceManager(environment, clock)
    assert environment == {"HOME": "/"}


def test_the_life_of_a_service(systemd: NotifySocket, environment: dict[str, str], clock: MovedClock) -> None:
    manager = ServiceManager(environment, clock)
    manager.ready()
    manager.reloading()
    manager.ready()
    manager.stopping()
    now = f"MONOTONIC_USEC={clock.instant * 1000}"
    assert systemd.received() == [
        ["READY=1"],
        ["RELOADING=1", now],
        ["READY=1"],
        ["STOPPING=1", "STATUS=Stopping."],
    ]


def test_the_watchdog_is_fed_in_an_outage_but_not_by_an_engine_that_hangs(
    systemd: NotifySocket, environment: dict[str, str], clock: MovedClock
) -> None:
    manager = ServiceManager(environment, clock)

    def fed(status: EngineStatus, seconds: float) -> int:
        messages = []
        for _ in range(int(seconds * 2)):
            clock.instant += 500
            manager.update(status)
            messages += systemd.received()
        return messages.count(["WATCHDOG=1"])

    assert fed(WORKING, 9) == 3
    assert fed(FAILING, 900) == 300
    assert fed(HUNG, 60) == 0
    assert fed(WORKING, 3) == 1


@pytest.mark.parametrize(
    "watchdog",
    [{}, {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}],
)
def test_without_a_watchdog_for_this_process_none_is_fed(
    systemd: NotifySocket, tmp_path: Path, clock: MovedClock, watchdog: dict[str, str]
) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")} | watchdog, clock)
    manager.update(WORKING)
    assert systemd.received() == [["STATUS=Running."]]


def test_the_status_is_sent_when_it_changes(systemd: NotifySocket, tmp_path: Path, clock: MovedClock) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")}, clock)
    for status in (WORKING, WORKING, FAILING, FAILING, WORKING):
        manager.update(status)
    assert systemd.received() == [
        ["STATUS=Running."],
        ["STATUS=The database fails: database is locked."],
        ["STATUS=Running."],
    ]


def test_a_reload_that_an_outage_delays_does_not_last_forever(
    systemd: NotifySocket, environment: dict[str, str], clock: MovedClock
) -> None:
    manager = ServiceManager(environment, clock)
    manager.reloading()
    manager.update(FAILING)
    systemd.received()
    clock.instant += int(MAX_RELOAD_SECONDS * 1000)
    manager.update(FAILING)
    manager.update(FAILING)
    assert systemd.received() == [["WATCHDOG=1"], ["READY=1"]]


@pytest.mark.parametrize("address", ["", "/nowhere/notify", "@durable-chat-test-nobody-listens"])
def test_a_service_manager_that_does_not_listen_is_ignored(address: str, clock: MovedClock) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": address}, clock)
    manager.ready()
    manager.update(WORKING)
    manager.stopping()


def test_a_name_in_the_abstract_namespace_is_supported(clock: MovedClock) -> None:
    name = f"durable-chat-test-{os.getpid()}"
    systemd = NotifySocket(f"\0{name}")
    ServiceManager({"NOTIFY_SOCKET": f"@{name}"}, clock).ready()
    assert systemd.received() == [["READY=1"]]
    systemd.close()
