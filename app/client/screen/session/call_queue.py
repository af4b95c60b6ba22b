"""Carries calls from the driver's thread to the screen's, in order and in groups."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from threading import Event
from time import monotonic

Call = Callable[[], None]
SLICE_SECONDS = 0.02  # after which keys are handled before further calls
MAX_WAITING_CALLS = 1_000  # beyond it, the driver's thread waits
MAX_WAIT_SECONDS = 0.2  # at a time: the screen may be waiting for the driver's thread


class CallQueue:
    """A queue of calls that the event loop of the screen makes. `post` is thread-safe.

    A call that raises an exception is reported to `on_error`; the following ones are made.
    """

    def __init__(self, on_calls_made: Call) -> None:
        self._calls: deque[Call] = deque()
        self._on_calls_made = on_calls_made
        self.on_error: Callable[[Exception], None] = lambda error: None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context = copy_context()
        self._has_space = Event()
        self._is_woken = False  # `_run` is going to run

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make the calls that wait, and from now on every call, in this loop."""
        self._loop, self._context = loop, copy_context()  # of the screen, not of the driver's thread
        self._wake()

    def close(self) -> None:
        """Make no more calls: the screen is being closed."""
        self._loop = None
        self._calls.clear()

    def post(self, call: Call) -> None:
        """Queue a call; it is made once the loop has time."""
        self._calls.append(call)
        self._wake()

    def wait_for_space(self) -> None:
        """Wait while too many calls wait, so that a server cannot fill the memory with them."""
        self._has_space.clear()
        if self._loop is not None and len(self._calls) > MAX_WAITING_CALLS:
            self._has_space.wait(MAX_WAIT_SECONDS)

    @property
    def has_calls(self) -> bool:
        """Whether calls wait."""
        return bool(self._calls)

    def _wake(self) -> None:
        if self._loop is not None and not self._is_woken:
            self._is_woken = True
            with suppress(RuntimeError):  # the loop has been closed: the screen is gone
                self._loop.call_soon_threadsafe(self._run, context=self._context)

    def _run(self) -> None:
        """Make waiting calls for at most a time slice, then call `on_calls_made` once."""
        self._is_woken = False  # first, so that a call posted from now on is made
        if not self._calls:
            return
        deadline = monotonic() + SLICE_SECONDS
        while self._calls and monotonic() < deadline:
            self._make(self._calls.popleft())
        if len(self._calls) <= MAX_WAITING_CALLS:
            self._has_space.set()
        if self._loop is not None:
            self._make(self._on_calls_made)
        if self._calls:
            self._wake()

    def _make(self, call: Call) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - whatever it is, the screen goes on
            self.on_error(error)
