"""Threads for single calls, and thread names as shown by `ps -L`, `top -H` and debuggers."""

import ctypes
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")

PR_SET_NAME = 15  # prctl(2)

# PyDLL keeps the interpreter lock: releasing it would take longer than the call.
_set_name = getattr(ctypes.PyDLL(None), "prctl", None)


def name_thread(name: str) -> None:
    """Set the name of the current thread in the operating system, if supported (prctl(2)).

    Readers are not `threading.Thread` objects, and `threading.current_thread()` would create an
    object with several locks for each of them.
    """
    if _set_name is not None:
        _set_name(PR_SET_NAME, name.encode()[:15])


def run_on_thread(name: str, call: Callable[[], T]) -> "Future[T]":
    """Run a call on a thread of its own, which does not delay the end of the process."""
    future: Future[T] = Future()

    def run() -> None:
        name_thread(name)
        try:
            future.set_result(call())
        except Exception as error:  # noqa: BLE001 - raised by the waiting thread
            future.set_exception(error)

    Thread(target=run, name=name, daemon=True).start()
    return future
