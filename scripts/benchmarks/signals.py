"""Signal handling: an interrupted benchmark stops every process it has started."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def install_signal_handlers() -> None:
    """Raise SystemExit on signals that end the process, so that clean-up code runs.

    Ignored signals, such as SIGHUP under nohup, stay ignored.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    for other in ENDING:
        signal.signal(other, signal.SIG_IGN)  # a second signal would interrupt the clean-up
    raise SystemExit(128 + number)


@contextmanager
def blocked_signals() -> Iterator[Callable[[], object]]:
    """Block signals while a process is being started.

    The new process must call the yielded function, or its signals stay blocked.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    unblock = partial(signal.pthread_sigmask, signal.SIG_SETMASK, before)
    try:
        yield unblock
    finally:
        unblock()
