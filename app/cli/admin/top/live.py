"""The live view: it refreshes at an interval, follows the size of the terminal, and ends with q."""

import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Thread

from rich.console import Console
from rich.live import Live

from app.cli.admin.top.rates import Figures, compute_activity
from app.cli.admin.top.view import draw_activity
from app.errors import ChatError

QUIT_KEYS = ("q", "Q", "\x04", "")  # also Ctrl-D, and the end of the terminal
QUIT, RESIZED = "q", "resized"
END_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
FIRST_INTERVAL_SECONDS = 0.5  # between the first two samples, which make the first rates
Fetch = Callable[[], Figures]


class LiveView:
    """Shows samples on the terminal until a key or a signal ends it."""

    def __init__(self, fetch: Fetch, address: str, interval: float) -> None:
        self._fetch = fetch
        self._address = address
        self._interval = interval
        self._console = Console()
        self._events: SimpleQueue[str] = SimpleQueue()
        self._before = self._after = fetch()
        self._problem: str | None = None

    def run(self) -> None:
        """Show the view until it is ended."""
        with _reading_keys(self._events), _handling_signals(self._events):
            self._fit()
            with Live(console=self._console, screen=True, auto_refresh=False) as live:
                self._draw(live)
                while (event := self._next_event()) not in QUIT_KEYS:
                    if event is None:
                        self._sample()
                    self._fit()
                    self._draw(live)

    def _next_event(self) -> str | None:
        """Return a key or RESIZED, or None when the next sample is due."""
        has_rates = self._before is not self._after
        try:
            return self._events.get(timeout=self._interval if has_rates else FIRST_INTERVAL_SECONDS)
        except Empty:
            return None

    def _sample(self) -> None:
        """Take a sample; if the server does not answer, keep the last one and say so."""
        try:
            self._before, self._after, self._problem = self._after, self._fetch(), None
        except ChatError as error:
            self._problem = error.sentence

    def _fit(self) -> None:
        """Use the size of the terminal, whatever the shell exports as COLUMNS and LINES."""
        self._console.size = os.get_terminal_size(sys.stdout.fileno())

    def _draw(self, live: Live) -> None:
        activity = compute_activity(self._before, self._after)
        live.update(draw_activity(activity, self._address, self._console.width, self._problem), refresh=True)


@contextmanager
def _reading_keys(events: "SimpleQueue[str]") -> Iterator[None]:
    """Put each key into the queue as it is pressed; afterwards, restore the terminal."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    Thread(target=_read_keys, args=(descriptor, events), name="keys", daemon=True).start()
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _read_keys(descriptor: int, events: "SimpleQueue[str]") -> None:
    key = "?"
    while key:
        try:
            key = os.read(descriptor, 1).decode("latin-1")
        except OSError:  # the terminal is gone
            key = ""
        events.put(key)


@contextmanager
def _handling_signals(events: "SimpleQueue[str]") -> Iterator[None]:
    """Redraw when the terminal changes its size, and end in order when the process shall end."""
    handlers = {signal.SIGWINCH: RESIZED, signal.SIGINT: QUIT} | dict.fromkeys(END_SIGNALS, QUIT)
    before = {
        number: signal.signal(number, lambda number, frame: events.put(handlers[signal.Signals(number)]))
        for number in handlers
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
