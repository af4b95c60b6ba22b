"""Runs the protocol over a link. The driver's thread owns the client's state.

The link posts events to a queue of limited size, the user interface calls to one of its own. The
driver's thread makes the calls, processes one event at a time, updates the state, and passes lines
to the link and events to the display. Other threads read the state only through `read`, under the
lock.

No exception raised by an item, by the display of an event or by a tick ends the client. A user's
error is shown. Any other exception is a defect; it is shown with its location, and the next item is
processed as usual. The client ends with the exception only if every tick fails.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from app.client.net.backoff import Keepalive
from app.client.net.link import Connecting, Ended, Link, LinkEvent, Lost, Opened, Received, Waiting
from app.client.protocol import intents, protocol
from app.client.protocol.effects import Effect, Effects, Send
from app.client.protocol.events import ClientEvent, Notice, Phase, PhaseChanged
from app.client.protocol.model import ClientState
from app.client.repeat_limit import RepeatLimit
from app.clock import Clock
from app.errors import ChatError, describe_defect, print_traceback_if_requested

MAX_INBOX_ITEMS = 10  # of up to 64 KiB; at the limit, producers block
TICK_SECONDS = 1.0  # longest interval between two ticks
MAX_FAILED_TICKS = 20  # in a row; then the client ends

P = ParamSpec("P")
T = TypeVar("T")
Call = Callable[[], None]
Inbox = queue.Queue[LinkEvent | Call]


def _wake() -> None:
    """Do nothing: the item wakes the driver, which then makes the posted calls."""


def _end_discarding() -> None:
    """Do nothing: the item is the last one after the link has stopped."""


def _print_defect(error: Exception) -> str:
    """Print the traceback of a defect if that is wanted; return a sentence about the defect."""
    print_traceback_if_requested(error)
    return describe_defect(error)


class Driver:
    """Drives the protocol of one client over a link."""

    def __init__(self, state: ClientState, link: Link, inbox: Inbox, clock: Clock) -> None:
        self.state = state
        self.link = link
        self.clock = clock
        self.show: Callable[[ClientEvent], None] = lambda event: None
        self.on_tick: Call = lambda: None
        self.await_display: Call = lambda: None  # before each item, without the lock
        self.explain_defect: Callable[[Exception], str] = _print_defect
        self._inbox = inbox
        self._calls: deque[Call] = deque()  # of other threads
        self._keepalive = Keepalive(clock)
        self._lock = threading.RLock()
        self._has_ended = False
        self._has_retried = False  # further attempts are announced by `Waiting`
        self.defects = 0
        self._failed_ticks = 0
        self._output_error: OSError | None = None
        self._repeat_limit = RepeatLimit(clock)

    def run(self) -> None:
        """Process the queue until `end` is called. May be called again after an error.

        Raises: Untrusted when the server's certificate or TLS handshake was rejected; NoSuchServer
        when the name of the server cannot be resolved at the first attempt; OSError when
        the output cannot be written; any exception that makes it impossible to go on.
        """
        self._has_ended = False
        self.link.start()
        try:
            while not self._has_ended:
                self._step()
            if self._output_error:
                raise self._output_error
        except KeyboardInterrupt:
            self.execute(intents.quit_, "Goodbye")
            raise
        finally:
            self._stop_link()

    def post(self, call: Call) -> None:
        """Queue a call for the driver's thread, before what the server has sent. Thread-safe.

        It never blocks, also while a server floods the client.
        """
        self._calls.append(call)
        with suppress(queue.Full):  # then the driver is not waiting
            self._inbox.put_nowait(_wake)

    def read(self, query: Callable[[ClientState], T]) -> T:
        """Return the result of a query on the state, under the lock. Thread-safe."""
        with self._lock:
            return query(self.state)

    def execute(
        self, intent: Callable[Concatenate[ClientState, P], Effects], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Execute a user's intent. Must be called in the driver's thread."""
        self.state.now = self.clock.now()
        self._apply(intent(self.state, *args, **kwargs))

    def end(self) -> None:
        """Make `run` return after the current item."""
        self._has_ended = True

    def _stop_link(self) -> None:
        """Stop the link, and discard what it reports: it may be waiting for space in the queue."""

        def stop() -> None:
            try:
                self.link.stop()
            finally:
                self._inbox.put(_end_discarding)

        threading.Thread(target=stop, name="stop", daemon=True).start()
        while self._inbox.get() is not _end_discarding:
            pass

    def _step(self) -> None:
        self.await_display()
        item = self._next_item()
        with self._lock:
            if isinstance(item, Ended):
                self._process_end(item)
            elif item is not None:
                self.contain(partial(self._process, item))
            self._tick()

    def _next_item(self) -> LinkEvent | Call | None:
        """Return the next call or, if there is none, what the link reports before the next tick."""
        if self._calls:
            return self._calls.popleft()
        try:
            return self._inbox.get(timeout=TICK_SECONDS)
        except queue.Empty:
            return None

    def _tick(self) -> None:
        """Check the connection and call `on_tick`.

        Raises: the exception of the last tick, if too many have failed in a row.
        """
        error = self.contain(self._check_connection) or self.contain(self.on_tick)
        self._failed_ticks = self._failed_ticks + 1 if error else 0
        if error and self._failed_ticks >= MAX_FAILED_TICKS:
            raise error

    def contain(self, action: Call) -> Exception | None:
        """Run an action in the driver's thread; show and return the exception that it raises."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - whatever it is, the client goes on
            self._explain(error)
            return error
        return None

    def report(self, error: Exception) -> None:
        """Report a defect of another thread. Thread-safe."""
        self.post(partial(self._report, error))

    def _explain(self, error: Exception) -> None:
        if isinstance(error, ChatError):
            self._display(Notice(error.sentence, is_error=True))
        else:
            self._report(error)

    def _report(self, error: Exception) -> None:
        """Count a defect and show where it is, but the same one only once a minute."""
        self.defects += 1
        if self._repeat_limit.admit(describe_defect(error)):
            self._display(Notice(self.explain_defect(error), is_error=True))

    def _display(self, event: ClientEvent) -> None:
        """Show an event; explain why it cannot be shown, unless it is an explanation itself."""
        try:
            self.show(event)
        except OSError as error:  # the output is closed or full
            self._output_error = error
            self.end()
        except Exception as error:  # noqa: BLE001 - the effects after this one are still needed
            if not isinstance(event, Notice):
                self._explain(error)

    def _process(self, item: Connecting | Waiting | Opened | Received | Lost | Call) -> None:
        match item:
            case Connecting() | Waiting():
                self._process_outage(item)
            case Opened() | Received() | Lost():
                self._process_connection(item)
            case _:
                item()

    def _process_connection(self, event: Opened | Received | Lost) -> None:
        now = self.clock.now()
        self._keepalive.on_activity()
        match event:
            case Received(lines):
                for line in lines:
                    self.contain(partial(self._process_line, line, now))
            case Opened():
                self._apply(protocol.on_opened(self.state, now))
            case Lost(reason):
                self._apply(protocol.on_lost(self.state, reason, now))

    def _process_line(self, line: str, now: int) -> None:
        self._apply(protocol.on_line(self.state, line, now))

    def _process_end(self, event: Ended) -> None:
        """Stop, because the link has ended."""
        self._has_ended = True
        if event.error is not None:
            raise event.error

    def _process_outage(self, event: Connecting | Waiting) -> None:
        """Show attempts to connect and retries."""
        match event:
            case Connecting() if not self._has_retried and not self.state.has_been_online:
                self._display(PhaseChanged(Phase.CONNECTING, str(self.link.address)))
            case Waiting(reason, seconds):
                self._has_retried = True
                self._display(PhaseChanged(Phase.RECONNECTING, reason, seconds))

    def _apply(self, effects: Iterable[Effect]) -> None:
        """Send the lines and show the events, in order."""
        for effect in effects:
            if isinstance(effect, Send):
                self.link.send(effect)
                continue
            if isinstance(effect, PhaseChanged) and effect.phase is Phase.ONLINE:
                self.link.reset_backoff()
            self._display(effect)

    def _check_connection(self) -> None:
        """Measure the lag; send a PING to a silent server, and drop it if it does not respond."""
        if self.state.connection.phase not in (Phase.REGISTERING, Phase.ONLINE):
            return
        self.execute(intents.measure_lag_at_intervals)
        if self._keepalive.must_ping():
            self.link.send("PING alive")
        elif self._keepalive.has_timed_out():
            self._keepalive.on_activity()
            self.link.drop("The server does not respond.")
