"""The receive loop: one thread that receives for connections whose readers are idle.

A reader could block in its own receive. But waking a thread for every line, and making it wait for
the interpreter lock, takes several times as long as everything else that happens to the line before
it reaches the engine. So idle readers let the receive loop receive for all of them with one system
call, and it submits what is simple. Anything that may take time goes back to the reader, and its
connection is not armed again until the reader asks for it.
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
    """A socket served by the receive loop; `on_received` is called on the loop's thread."""

    @property
    def descriptor(self) -> int:
        """The file descriptor; it stays open while armed."""

    def on_received(self, received: Received) -> None:
        """Process received bytes; call `receive_for` again to receive more."""


class WakerConnection:
    """The waker as a target of the receive loop, so that one system call waits for both."""

    def __init__(self, waker: Waker, receive_for: Callable[[ReceiveTarget], None]) -> None:
        self.descriptor = waker.receiving_end.fileno()
        self._receive_for = receive_for

    def on_received(self, received: Received) -> None:
        """Arm the waker again."""
        self._receive_for(self)


class ReceiveLoop:
    """A thread that receives for any number of targets, if the kernel supports it."""

    def __init__(self, use_io_uring: bool) -> None:
        self.has_failed = False  # an unexpected exception ended the thread
        self._use_io_uring = use_io_uring
        self._requests: deque[ReceiveTarget] = deque()
        self._callbacks: deque[Callable[[], None]] = deque()
        self._armed: dict[int, ReceiveTarget] = {}
        self._waker: Waker | None = None  # exists while the thread receives
        self._is_asleep = False
        self._is_stopping = False
        self._has_started = Signal()
        self._thread = Thread(target=self._run, name="receive-loop", daemon=True)

    def start(self, on_failure: Callable[[], None]) -> bool:
        """Start the thread and return True, or return False if io_uring is unavailable."""
        self._on_failure = on_failure
        if self._use_io_uring:
            self._thread.start()
            self._has_started.wait()
        return self._waker is not None

    def receive_for(self, target: ReceiveTarget) -> None:
        """Receive once for a target; thread-safe."""
        self._requests.append(target)
        self._wake()

    def call(self, callback: Callable[[], None]) -> None:
        """Call a function on the thread of the loop; thread-safe."""
        self._callbacks.append(callback)
        self._wake()

    def finish(self) -> None:
        """Tell the thread to exit."""
        self._is_stopping = True
        if self._waker is not None:
            self._waker.wake()

    def join(self, timeout: float) -> None:
        """Wait for the thread to exit, at most `timeout` seconds."""
        if self._waker is not None:
            self._thread.join(timeout)

    def _wake(self) -> None:
        if self._is_asleep and self._waker is not None:
            self._is_asleep = False
            self._waker.wake()

    def _run(self) -> None:
        name_thread(self._thread.name)
        try:
            receiver = Receiver()
        except OSError as error:
            logger.debug("io_uring cannot be used to receive: %s", error)
        else:
            self._serve(receiver, Waker())
        finally:
            self._has_started.set()

    def _serve(self, receiver: Receiver, waker: Waker) -> None:
        self._waker = waker
        self.receive_for(WakerConnection(waker, self.receive_for))
        self._has_started.set()
        try:
            with closing(receiver), closing(waker):
                while not self._is_stopping:
                    self._run_once(receiver)
        except Exception:
            self.has_failed = True
            logger.exception("The receive loop failed; shutting down")
            self._on_failure()

    def _run_once(self, receiver: Receiver) -> None:
        """Arm the new targets, wait for any armed target, and process what was received."""
        for _ in range(len(self._callbacks)):
            self._callbacks.popleft()()
        targets = [self._requests.popleft() for _ in range(len(self._requests))]
        self._armed.update((target.descriptor, target) for target in targets)
        self._is_asleep = True
        min_completions = 0 if self._callbacks or self._requests else 1
        received = receiver.receive([target.descriptor for target in targets], min_completions)
        self._is_asleep = False
        for descriptor, data in received:
            self._armed.pop(descriptor).on_received(data)
