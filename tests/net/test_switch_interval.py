"""The interpreter's switch interval, which grows with the number of threads to limit wakeups."""

import sys
from collections.abc import Iterator

import pytest

from app.process import MAX_WAKEUPS_PER_SECOND, set_switch_interval
from tests.net.running_server import RunningServer


@pytest.fixture(autouse=True)
def _restore_switch_interval() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("threads", [0, 1, 100, 1_000, 12_000])
def test_wakeups_per_second_are_bounded_for_any_thread_count(threads: int) -> None:
    set_switch_interval(threads)
    assert threads / sys.getswitchinterval() <= MAX_WAKEUPS_PER_SECOND * 1.001


def test_few_threads_keep_the_default_switch_interval() -> None:
    before = sys.getswitchinterval()
    set_switch_interval(100)
    assert sys.getswitchinterval() == before


def test_server_adjusts_the_switch_interval_on_connect(chat: RunningServer) -> None:
    sys.setswitchinterval(1)
    chat.connect("alice").fence()
    assert sys.getswitchinterval() < 1
