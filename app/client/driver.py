"""Runs the protocol over a link. The driver's thread owns the client's state.

The link and the user interface post events and calls to one queue. The driver's thread processes
one item at a time, updates the state, and passes lines to the link and events to the display. Other
threads read the state only through `read`, under the lock.
"""

import queue
import threading
from collections.abc import Callable, Iterable
from typing import Concatenate, ParamSpec, TypeVar

from app.client.net.backoff import Keepalive
from app.client.net.link import Connecting, Ended, Link, LinkEvent, Lost, Opened, Received, Waiting
from app.client.protocol import intents, protocol
from app.client.protocol.effects import Effect, Effects, Send
from app.client.protocol.events import ClientEvent, Phase, PhaseChanged
from app.client.protocol.model import ClientState
from app.clock import Clock

MAX_INBOX_ITEMS = 1_000  # at the limit, producers block
TICK_SECONDS = 1.0  # longest interval between two ticks

P = ParamSpec("P")
T = TypeVar("T")
Call = Callable[[], None]
Inbox = queue.Queue[LinkEvent | Call]


class Driver:
    """Drives the protocol of one client over a link."""

    def __init__(self, state: ClientState, link: Link, inbox: Inbox, clock: Clock) -> None:
        self.state = state
        self.link = link
        self.clock = clock
        self.show: Callable[[ClientEvent], None] = lambda event: None
        self.on_tick: Call = lambda: None
        self._inbox = inbox
        self._keepalive = Keepalive(clock)
        self._lock = threading.RLock()
        self._has_ended = False
        self._has_retried = False  # further attempts are announced by `Waiting`

    def run(self) -> None:
        """Process the queue until `end` is called.

        Raises: Untrusted when the server's certificate or TLS handshake was rejected.
        """
        self.link.start()
        try:
            while not self._has_ended:
                self._step()
        except KeyboardInterrupt:
            self.execute(intents.quit_, "Goodbye")
            raise
        finally:
            self.link.stop()

    def post(self, call: Call) -> None:
        """Queue a call for the driver's thread. Thread-safe."""
        self._inbox.put(call)

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

    def _step(self) -> None:
        try:
            item = self._inbox.get(timeout=TICK_SECONDS)
        except queue.Empty:
            item = None
        with self._lock:
            if item is not None:
                self._process(item)
            self._check_connection()
            self.on_tick()

    def _process(self, item: LinkEvent | Call) -> None:
        match item:
            case Connecting() | Waiting() | Ended():
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
                    self._apply(protocol.on_line(self.state, line, now))
            case Opened():
                self._apply(protocol.on_opened(self.state, now))
            case Lost(reason):
                self._apply(protocol.on_lost(self.state, reason, now))

    def _process_outage(self, event: Connecting | Waiting | Ended) -> None:
        """Handle a link event of an outage: show attempts and retries, stop at the end."""
        match event:
            case Connecting() if not self._has_retried and not self.state.has_been_online:
                self.show(PhaseChanged(Phase.CONNECTING, str(self.link.address)))
            case Waiting(reason, seconds):
                self._has_retried = True
                self.show(PhaseChanged(Phase.RECONNECTING, reason, seconds))
            case Ended(error):
                self._has_ended = True
                if error is not None:
                    raise error

    def _apply(self, effects: Iterable[Effect]) -> None:
        """Send the lines and show the events, in order."""
        for effect in effects:
            if isinstance(effect, Send):
                self.link.send(effect)
                continue
            if isinstance(effect, PhaseChanged) and effect.phase is Phase.ONLINE:
                self.link.reset_backoff()
            self.show(effect)

    def _check_connection(self) -> None:
        """Send a PING to a silent server, and drop the connection if it does not respond."""
        if self.state.connection.phase not in (Phase.REGISTERING, Phase.ONLINE):
            return
        if self._keepalive.must_ping():
            self.link.send("PING alive")
        elif self._keepalive.has_timed_out():
            self._keepalive.on_activity()
            self.link.drop("The server does not respond.")
