"""What the program asks of the system and the interpreter: signals, descriptors, garbage collection, turns, the end."""

import gc
import logging
import os
import resource
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

GC_THRESHOLD_OBJECTS = 50_000  # so many new ones before garbage is looked for
MIN_SWITCH_INTERVAL_SECONDS = 0.005  # seconds: Python's own
MAX_WAKEUPS_PER_SECOND = 50_000  # a second, of all threads that wait for the interpreter's lock

logger = logging.getLogger(__name__)


def install_signal_handlers(stopping: threading.Event, hangup: threading.Event) -> None:
    """Stop in order at the first signal, at once at the second; SIGHUP means to read the settings again.

    It comes too when the terminal is closed that the server was started in. That still means to stop.
    """
    had_terminal = os.isatty(0)

    def hang_up(number: int, frame: FrameType | None) -> None:
        (stopping if had_terminal and not os.isatty(0) else hangup).set()

    def stop(number: int, frame: FrameType | None) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, hang_up)


def raise_descriptor_limit(wanted: int) -> None:
    """Have the system allow a descriptor for every connection, as far as it lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        logger.warning("The system allows %d open files; that many connections cannot be served.", most)


def tune_garbage_collector() -> None:
    """Look for garbage in cycles less often: everything stops for it, and hardly anything here is a cycle."""
    gc.collect()
    gc.freeze()  # what is there now stays, and need not be looked at again
    gc.set_threshold(GC_THRESHOLD_OBJECTS)


def set_switch_interval(threads: int) -> None:
    """Let so many threads take turns with the interpreter.

    Each that waits for the interpreter's lock wakes up after every such turn, to ask for it. When thousands wait,
    because thousands of people spoke at the same moment, that would be all that the machine does.
    """
    sys.setswitchinterval(max(MIN_SWITCH_INTERVAL_SECONDS, threads / MAX_WAKEUPS_PER_SECOND))


def exit_now(code: int) -> NoReturn:
    """End the process, and do not take the interpreter apart; what has to be closed is closed by now.

    Threads that wait for a peer cannot be ended, and where Python has no lock, taking it apart beneath them may
    wait for one of them for ever.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
