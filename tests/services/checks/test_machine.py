"""The checks of the machine: clock, open files, io_uring and version."""

import resource
from importlib.metadata import version

import pytest

from app.services.checks.machine import (
    check_clock,
    check_descriptors,
    check_io_uring,
    check_version,
    is_clock_synchronised,
)
from app.settings import ServerSettings
from tests.conftest import MovedClock


def test_a_clock_behind_the_log_is_found(clock: MovedClock) -> None:
    def found(lead: int) -> list[str]:
        return [finding.problem for finding in check_clock(clock, clock.instant + lead, True).findings]

    assert found(-1_000_000) == found(60_000) == []
    (problem,) = found(60_001)
    assert "new messages get times after the former" in problem
    assert check_clock(clock, None, True).findings == []


@pytest.mark.parametrize(("state", "count"), [(True, 0), (False, 1), (None, 0)])
def test_a_clock_without_ntp_is_found_if_the_kernel_says_so(
    clock: MovedClock, state: bool | None, count: int
) -> None:
    assert len(check_clock(clock, None, state).findings) == count
    assert is_clock_synchronised() in (True, False, None)


def test_a_limit_below_the_connections_is_found() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY:
        pytest.skip("no limit on open files")
    enough, more = ServerSettings(max_connections=hard - 300), ServerSettings(max_connections=hard - 299)
    assert check_descriptors(enough).findings == []
    (finding,) = check_descriptors(more).findings
    assert f"max_connections needs {hard + 1:,}" in finding.problem
    assert f"LimitNOFILE={hard + 1}" in finding.advice


def test_io_uring_is_tried_only_if_it_is_on() -> None:
    def denied() -> str:
        return "Operation not permitted"

    assert check_io_uring(ServerSettings(io_uring=False), denied).findings == ()
    assert check_io_uring(ServerSettings(), lambda: None).findings == ()
    (finding,) = check_io_uring(ServerSettings(), denied).findings
    assert "Operation not permitted" in finding.problem


def test_a_server_of_another_version_needs_a_restart() -> None:
    installed = f"durable-chat-{version('durable-chat')}"
    assert check_version(None).findings == check_version(installed).findings == ()
    (finding,) = check_version("durable-chat-0.0.1").findings
    assert finding.sentence == (
        f"The running server is durable-chat-0.0.1, and {installed} is installed. Restart the server."
    )
