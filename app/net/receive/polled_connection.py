"""A connection as the intake knows it: what it says is handed in for it, as long as that is simple.

What is simple needs no thread of its own: whole lines, few of them, quick to be done, paid for at once. All else is
the reader's: it gets what was received as if it had received it. The reader waits meanwhile, so of the two only one
ever touches what they share; who may is handed over by a lock, and by the queue of the intake.
"""

import socket
from contextlib import suppress
from threading import Lock

from app.commands.registry import CommandTable
from app.commands.requests import parse_request
from app.net.receive.receive_loop import ReceiveLoop
from app.net.receive.receiver import Received
from app.net.receive.submission import Submitter
from app.wire.framing import MAX_LINE_BYTES, Framer


class PolledConnection:
    """One connection's. `listen` is its reader's, everything else the intake's."""

    __slots__ = (
        "_commands",
        "_framer",
        "_is_over",
        "_left",
        "_receive_loop",
        "_socket",
        "_submitter",
        "_waiting",
    )

    def __init__(
        self,
        connection: socket.socket,
        commands: CommandTable,
        framer: Framer,
        submitter: Submitter,
        receive_loop: ReceiveLoop,
    ) -> None:
        self._socket = connection
        self._commands = commands
        self._framer = framer
        self._submitter = submitter
        self._receive_loop = receive_loop
        self._is_over = Lock()  # let go of when something came for the reader
        self._is_over.acquire()
        self._left: Received = b""  # what that was
        self._waiting: Received | None = None  # what came before it could be handed in

    def listen(self) -> bytes:
        """Let the intake hand in what is received, up to something that is not simple; return that.

        Raises: OSError.
        """
        self._receive_loop.receive_for(self)
        self._is_over.acquire()
        if isinstance(self._left, OSError):
            raise self._left
        return self._left

    @property
    def descriptor(self) -> int:
        """The connection's socket."""
        return self._socket.fileno()

    def on_received(self, received: Received) -> None:
        """See to what was received, once what was handed in before is done."""
        if self._submitter.is_done:
            self._see_to(received)
        else:
            self._waiting = received
            self._submitter.when_done(self._call)

    def _call(self) -> None:
        self._receive_loop.call(self._see_to_waiting)

    def _see_to_waiting(self) -> None:
        """See to what waits, if it still does: it may be said twice that the time has come."""
        received = self._waiting
        if received is not None and self._submitter.is_done:
            self._waiting = None
            self._see_to(received)

    def _see_to(self, received: Received) -> None:
        is_handed_in = False
        with suppress(Exception):  # a mistake with it is for the reader to make
            is_handed_in = self._is_handed_in(received)
        if is_handed_in:
            self._receive_loop.receive_for(self)
        else:
            self._left = received
            self._is_over.release()

    def _is_handed_in(self, received: Received) -> bool:
        """Hand in what was received, if it is simple."""
        if isinstance(received, OSError) or not received.endswith(b"\n") or len(received) > MAX_LINE_BYTES:
            return False
        if not self._framer.is_between_lines:
            return False
        self._submitter.refresh_limits()
        self._submitter.charge_for_replies()
        steps = [parse_request(self._commands, frame) for frame in self._framer.feed(received)]
        cost = sum(step.cost for step in steps)
        if cost > len(steps) or not all(step.is_quick for step in steps):
            return False
        if not self._submitter.try_charge(cost):
            return False
        if steps:
            self._submitter.submit(steps)
        return True
