"""Carries calls from the driver's thread to the screen's, in order and in groups."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context

Call = Callable[[], None]


class Bridge:
    """A queue of calls that the event loop of the screen makes. `post` is thread-safe.

    A call that raises an exception is reported to `on_error`; the following ones are made.
    """

    def __init__(self, on_calls_made: Call) -> None:
        self._calls: deque[Call] = deque()
        self._on_calls_made = on_calls_made
        self.on_error: Callable[[Exception], None] = lambda error: None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context = copy_context()

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

    @property
    def has_calls(self) -> bool:
        """Whether calls wait."""
        return bool(self._calls)

    def _wake(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has been closed: the screen is gone
                self._loop.call_soon_threadsafe(self._run, context=self._context)

    def _run(self) -> None:
        """Make all waiting calls, then report it once."""
        if not self._calls:
            return
        while self._calls:
            self._make(self._calls.popleft())
        if self._loop is not None:
            self._make(self._on_calls_made)

    def _make(self, call: Call) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - whatever it is, the screen goes on
            self.on_error(error)
