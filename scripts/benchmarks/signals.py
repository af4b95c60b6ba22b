"""The signals that end a benchmark before its time. Whatever it has started by then is stopped."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heed_signals() -> None:
    """Let a signal end the program as an exception does, so that everything is put away on the way out.

    SIGHUP comes when the terminal goes away. What is ignored, as it is under nohup, stays so.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    for other in ENDING:
        signal.signal(other, signal.SIG_IGN)  # another one would interrupt the putting away
    raise SystemExit(128 + number)


@contextmanager
def held() -> Iterator[Callable[[], object]]:
    """Let signals wait until it is known what to stop.

    A process that is started meanwhile has to call what is yielded, or they wait there for ever.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    let_go = partial(signal.pthread_sigmask, signal.SIG_SETMASK, before)
    try:
        yield let_go
    finally:
        let_go()
