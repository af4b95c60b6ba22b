"""The intake: one thread that receives for all connections whose own threads have nothing to do.

Each connection has its reader, which could as well block in a receive. But to wake a thread for every line that
somebody says, and to let it have the interpreter's lock, takes several times as long as all else that is done for the
line before the engine has it. So a reader that waits for its peer leaves that to the intake, which receives for all of
them at once, and hands in what is simple. Whatever might take time is left to the reader: its connection is armed no
more until it asks again.
"""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import closing
from threading import Event as Signal
from threading import Thread
from typing import Protocol

from app.net.kernel.waker import Waker
from app.net.receive.receiver import Received, Receiver
from app.threads import name_thread

logger = logging.getLogger(__name__)


class ReceiveTarget(Protocol):
    """A connection that has the intake receive for it. All of this happens on the intake's thread."""

    @property
    def descriptor(self) -> int:
        """Its socket, which nobody closes meanwhile."""

    def on_received(self, received: Received) -> None:
        """See to what came. It has to ask for more."""


class WakerConnection:
    """The bell as the intake knows it: it receives on it as it does for everybody."""

    def __init__(self, waker: Waker, ask: Callable[[ReceiveTarget], None]) -> None:
        self.descriptor = waker.receiving_end.fileno()
        self._ask = ask

    def on_received(self, received: Received) -> None:
        """Listen for the next time."""
        self._ask(self)


class ReceiveLoop:
    """Receives for whoever asks."""

    def __init__(self, use_io_uring: bool) -> None:
        self.has_failed = False  # the thread ended because of a mistake in the program
        self._use_io_uring = use_io_uring
        self._asking: deque[ReceiveTarget] = deque()
        self._due: deque[Callable[[], None]] = deque()
        self._armed: dict[int, ReceiveTarget] = {}
        self._waker: Waker | None = None  # there is one while the thread receives
        self._is_asleep = False
        self._is_stopping = False
        self._has_begun = Signal()
        self._thread = Thread(target=self._run, name="receive-loop", daemon=True)

    def start(self, on_failure: Callable[[], None]) -> bool:
        """Begin to receive; False where the system does not allow it. `on_failure` is called if it cannot go on."""
        self._on_failure = on_failure
        if self._use_io_uring:
            self._thread.start()
            self._has_begun.wait()
        return self._waker is not None

    def receive_for(self, caller: ReceiveTarget) -> None:
        """Receive once for a connection; from any thread."""
        self._asking.append(caller)
        self._wake()

    def call(self, act: Callable[[], None]) -> None:
        """Do something on the intake's thread, soon; from any thread."""
        self._due.append(act)
        self._wake()

    def finish(self) -> None:
        """Receive for nobody any more, and end the thread."""
        self._is_stopping = True
        if self._waker is not None:
            self._waker.wake()

    def join(self, patience: float) -> None:
        """Wait for the end, but at most so many seconds."""
        if self._waker is not None:
            self._thread.join(patience)

    def _wake(self) -> None:
        if self._is_asleep and self._waker is not None:
            self._is_asleep = False
            self._waker.wake()

    def _run(self) -> None:
        name_thread(self._thread.name)
        try:
            receiver = Receiver()
        except OSError as error:
            logger.debug("There is no io_uring to receive by: %s", error)
        else:
            self._serve(receiver, Waker())
        finally:
            self._has_begun.set()

    def _serve(self, receiver: Receiver, waker: Waker) -> None:
        self._waker = waker
        self.receive_for(WakerConnection(waker, self.receive_for))
        self._has_begun.set()
        try:
            with closing(receiver), closing(waker):
                while not self._is_stopping:
                    self._run_once(receiver)
        except Exception:
            self.has_failed = True
            logger.exception("The intake failed. The server stops: it would hear nobody any more.")
            self._on_failure()

    def _run_once(self, receiver: Receiver) -> None:
        """Receive for those who asked and those who did before, and see to what came."""
        for _ in range(len(self._due)):
            self._due.popleft()()
        asking = [self._asking.popleft() for _ in range(len(self._asking))]
        self._armed.update((caller.descriptor, caller) for caller in asking)
        self._is_asleep = True
        least = 0 if self._due or self._asking else 1
        received = receiver.receive([caller.descriptor for caller in asking], least)
        self._is_asleep = False
        for descriptor, data in received:
            self._armed.pop(descriptor).on_received(data)
