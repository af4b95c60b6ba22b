"""Process-wide state: signals, resource limits, garbage collection, switch interval, exit."""

import gc
import json
import logging
import os
import resource
import signal
import sys
from collections.abc import Mapping
from enum import Enum, auto
from queue import SimpleQueue
from types import FrameType
from typing import NoReturn

GC_THRESHOLD_OBJECTS = 50_000  # new container objects between collections
SPARE_DESCRIPTORS = 300  # for the database, the log, listeners and flushers
MIN_SWITCH_INTERVAL_SECONDS = 0.005  # Python's default
MAX_WAKEUPS_PER_SECOND = 50_000  # of all threads waiting for the interpreter lock

RESTARTS_VARIABLE = "DURABLE_CHAT_RESTARTS"  # carries their numbers from one start to the next

logger = logging.getLogger(__name__)


class ServerSignal(Enum):
    """What a signal asks of the server."""

    STOP = auto()  # SIGINT or SIGTERM, or SIGHUP because the terminal was closed
    RELOAD = auto()  # SIGHUP


def install_signal_handlers() -> "SimpleQueue[ServerSignal]":
    """Return the queue that receives what signals ask; a second SIGINT or SIGTERM exits at once.

    A handler interrupts the main thread anywhere, perhaps while it holds the lock of a
    `threading.Event`, which the handler would then wait for. `SimpleQueue.put` is reentrant.
    """
    received: SimpleQueue[ServerSignal] = SimpleQueue()
    had_terminal = os.isatty(0)
    is_stopping = False

    def hang_up(number: int, frame: FrameType | None) -> None:
        is_closed = had_terminal and not os.isatty(0)
        received.put(ServerSignal.STOP if is_closed else ServerSignal.RELOAD)

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal is_stopping
        if is_stopping:
            os._exit(128 + number)
        is_stopping = True
        received.put(ServerSignal.STOP)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, hang_up)
    return received


def raise_descriptor_limit(wanted: int) -> None:
    """Raise the soft limit on open files to `wanted`, or to the hard limit if that is lower."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    if limit < wanted:
        logger.warning("The limit on open files is %d (ulimit -n); max_connections cannot be reached.", limit)


def disable_core_dumps() -> None:
    """Set the soft limit on core files to 0, because memory holds passwords and private messages.

    The hard limit stays, so an administrator can allow a core file with prlimit(1).
    """
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def tune_garbage_collector() -> None:
    """Collect garbage less often: a collection blocks all threads, and cycles are rare here."""
    gc.collect()
    gc.freeze()  # exempts existing objects, which are permanent
    gc.set_threshold(GC_THRESHOLD_OBJECTS)


def set_switch_interval(threads: int) -> None:
    """Set the thread switch interval according to the number of threads.

    Each thread that waits for the interpreter lock wakes up once per interval to request it. With
    thousands of waiting threads and the default interval, these wake-ups would use all CPU time.
    """
    sys.setswitchinterval(max(MIN_SWITCH_INTERVAL_SECONDS, threads / MAX_WAKEUPS_PER_SECOND))


def exit_now(code: int) -> NoReturn:
    """Flush the streams and end the process without finalizing the interpreter.

    Reader threads blocked on a peer cannot be stopped, and finalization might wait for them
    forever. The caller has already closed all resources that need it.
    """
    _flush()
    os._exit(code)


def replace_process(environment: Mapping[str, str], reason: str) -> NoReturn:
    """Start the same command again in this process, with nothing left of its state.

    `environment` is that of the first start, and `reason` the one that `count_restarts` counts.
    """
    restarts = count_restarts(environment)
    restarts[reason] = restarts.get(reason, 0) + 1
    _flush()
    arguments = [sys.executable, *sys.orig_argv[1:]]
    os.execve(sys.executable, arguments, {**environment, RESTARTS_VARIABLE: json.dumps(restarts)})


def count_restarts(environment: Mapping[str, str]) -> dict[str, int]:
    """Return how often this process has started again by itself, by reason."""
    try:
        found = json.loads(environment.get(RESTARTS_VARIABLE, "{}"))
        return {str(reason): int(number) for reason, number in found.items()}
    except (ValueError, TypeError, AttributeError):  # not written by this program
        return {}


def _flush() -> None:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
