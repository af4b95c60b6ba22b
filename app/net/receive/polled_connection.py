"""A connection while the receive loop receives for it.

The receive loop submits what needs no thread of its own: a few complete lines of quick commands
that the flood limit allows now. Anything else goes back to the reader, unchanged, as if the reader
had received it. The reader waits meanwhile, so only one of the two threads ever touches the
submitter; a lock and the queue of the receive loop hand it over.
"""

import socket
from contextlib import suppress
from threading import Lock

from app.net.receive.receive_loop import ReceiveLoop
from app.net.receive.receiver import Received
from app.net.receive.submission import Submitter
from app.wire.framing import MAX_LINE_BYTES


class PolledConnection:
    """A connection; its public methods except `receive` run on the receive loop's thread."""

    __slots__ = ("_for_reader", "_has_data_for_reader", "_receive_loop", "_socket", "_submitter", "_waiting")

    def __init__(self, connection: socket.socket, submitter: Submitter, receive_loop: ReceiveLoop) -> None:
        self._socket = connection
        self._submitter = submitter
        self._receive_loop = receive_loop
        self._has_data_for_reader = Lock()  # locked until the reader has to continue
        self._has_data_for_reader.acquire()
        self._for_reader: Received = b""
        self._waiting: Received | None = None  # received before the previous unit was done

    def receive(self) -> bytes:
        """Let the receive loop submit lines, and return the first bytes it cannot submit.

        Raises: OSError.
        """
        self._receive_loop.receive_for(self)
        self._has_data_for_reader.acquire()
        if isinstance(self._for_reader, OSError):
            raise self._for_reader
        return self._for_reader

    @property
    def descriptor(self) -> int:
        """The file descriptor of the socket."""
        return self._socket.fileno()

    def on_received(self, received: Received) -> None:
        """Process received bytes once the previous unit is done."""
        if self._submitter.is_done:
            self._process(received)
        else:
            self._waiting = received
            self._submitter.add_done_callback(self._schedule_waiting)

    def _schedule_waiting(self) -> None:
        self._receive_loop.call(self._process_waiting)

    def _process_waiting(self) -> None:
        received = self._waiting
        if received is not None and self._submitter.is_done:  # the callback may come twice
            self._waiting = None
            self._process(received)

    def _process(self, received: Received) -> None:
        is_submitted = False
        with suppress(Exception):  # the reader repeats the work, and the failure ends its connection only
            is_submitted = self._try_submit(received)
        if is_submitted:
            self._receive_loop.receive_for(self)
        else:
            self._for_reader = received
            self._has_data_for_reader.release()

    def _try_submit(self, received: Received) -> bool:
        """Submit lines of quick, cheap commands; otherwise charge nothing and return False."""
        if isinstance(received, OSError) or not received.endswith(b"\n") or len(received) > MAX_LINE_BYTES:
            return False
        submitter = self._submitter
        submitter.charge_for_replies()
        if not submitter.framer.is_between_lines:
            return False
        frames = submitter.framer.feed(received)
        if not frames:
            return True
        steps, delay = submitter.admit(frames)
        if delay > 0 or len(steps) < len(frames) or not all(step.is_quick for step in steps):
            submitter.charge(-sum(step.cost for step in steps))
            return False
        submitter.submit(steps)
        return True
