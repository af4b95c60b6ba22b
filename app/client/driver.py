"""The one owner of the state: everything that happens goes through here, one thing after the other.

The link and the user put what happens into one queue; the driver's thread takes it out, tells the state,
hands lines to the link and events to the display. Others look at the state only through `look`, under the
lock.
"""

import queue
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from app.client.net.backoff import Keepalive
from app.client.net.connect import Untrusted
from app.client.net.link import Connecting, Ended, Link, LinkEvent, Lost, Opened, Received, Waiting
from app.client.protocol import intents
from app.client.protocol import protocol as machine
from app.client.protocol.effects import Effect, Effects, Send
from app.client.protocol.events import ClientEvent, Phase, StateChanged
from app.client.protocol.model import ClientState
from app.clock import Clock

MAX_INBOX = 1_000  # things waiting; past it who brings one waits
TICK_SECONDS = 1.0  # seconds; so often the driver looks at the clock when nothing happens

T = TypeVar("T")
Call = Callable[[], None]
Inbox = queue.Queue[LinkEvent | Call]


class Driver:
    """Runs a state over a link."""

    def __init__(self, state: ClientState, link: Link, inbox: Inbox, clock: Clock) -> None:
        self.state = state
        self.link = link
        self.show: Callable[[ClientEvent], None] = lambda event: None
        self.on_tick: Call = lambda: None
        self._inbox = inbox
        self._clock = clock
        self._keepalive = Keepalive(clock)
        self._lock = threading.RLock()
        self._is_over = False
        self._has_waited = False  # later attempts are told by their waits

    def run(self) -> None:
        """Do what comes until `end`.

        Raises: Untrusted when the server is not one to talk to.
        """
        self.link.start()
        try:
            while not self._is_over:
                self._step()
        except KeyboardInterrupt:
            self.do(intents.leave(self.state, "Goodbye"))
            raise
        finally:
            self.link.stop()

    def post(self, call: Call) -> None:
        """Have something done in the driver's thread, in its turn."""
        self._inbox.put(call)

    def look(self, question: Callable[[ClientState], T]) -> T:
        """Return what a question finds in the state, which stands still meanwhile."""
        with self._lock:
            return question(self.state)

    def now(self) -> int:
        """Return the current instant."""
        return self._clock.now()

    def do(self, effects: Effects) -> None:
        """Carry out what the user wants; only in the driver's thread."""
        self.state.now = self._clock.now()
        self._carry_out(effects)

    def end(self) -> None:
        """Stop after what is being done now."""
        self._is_over = True

    def _step(self) -> None:
        """Take one thing that happened; at least once a beat look after the connection."""
        try:
            happening = self._inbox.get(timeout=TICK_SECONDS)
        except queue.Empty:
            happening = None
        with self._lock:
            if happening is not None:
                self._take(happening)
            self._watch()
            self.on_tick()

    def _take(self, happening: LinkEvent | Call) -> None:
        """Do what happened: the link tells of the connection, everybody else posts a deed."""
        match happening:
            case Connecting() | Waiting() | Ended():
                self._take_outage(happening)
            case Opened() | Received() | Lost():
                self._tell_state(happening)
            case _:
                happening()

    def _tell_state(self, happening: Opened | Received | Lost) -> None:
        """Tell the state about its connection."""
        now = self._clock.now()
        self._keepalive.heard()
        match happening:
            case Received(lines):
                for line in lines:
                    self._carry_out(machine.feed(self.state, line, now))
            case Opened():
                self._carry_out(machine.opened(self.state, now))
            case Lost(reason):
                self._carry_out(machine.lost(self.state, reason, now))

    def _take_outage(self, happening: Connecting | Waiting | Ended) -> None:
        """There is no connection: say what is done about it, for the first attempt and for every wait."""
        match happening:
            case Connecting() if not self._has_waited and not self.state.has_been_online:
                self.show(StateChanged(Phase.CONNECTING, str(self.link.address)))
            case Waiting(reason, seconds):
                self._has_waited = True
                self.show(StateChanged(Phase.RECONNECTING, reason, seconds))
            case Ended(error):
                self._give_up(error)

    def _give_up(self, error: Untrusted | None) -> None:
        self._is_over = True
        if error is not None:
            raise error

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        """Send what is to be sent and show what is to be shown, in their order."""
        for effect in effects:
            if isinstance(effect, Send):
                self.link.send(effect)
                continue
            if isinstance(effect, StateChanged) and effect.phase is Phase.ONLINE:
                self.link.settle()
            self.show(effect)

    def _watch(self) -> None:
        """Ask a silent server whether it is there, and drop it when it is not."""
        if self.state.connection.phase not in (Phase.REGISTERING, Phase.ONLINE):
            return
        if self._keepalive.must_ask():
            self.link.send("PING alive")
        elif self._keepalive.is_dead():
            self._keepalive.heard()
            self.link.drop("The server does not answer.")
