"""One connection's reader: from bytes to units, and waiting for each.

It runs on the handler thread that `ThreadingTCPServer` made for the connection. Whatever it reads at once
becomes one unit; it waits until the engine is done with it before it hands in another. It does so before it reads
again if there may be slow work for it, and otherwise when it has something to hand in: to be woken just for that would
cost as much as a message. The engine is told that a connection is there together with what the peer has said by then,
or before the peer is waited for. A flooder waits here, in its own thread.

While many talk at the same time, to wake a thread for each of their lines, and to have it wait for the interpreter's
lock, costs more than the lines do. Then a reader whose peer just chats waits for the intake instead, which receives
for all of them (`ear`).
"""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Event as Signal

from app.commands.requests import parse_request
from app.commands.runtime import Runtime
from app.commands.sessions.connections import close_client
from app.commands.sessions.leaving import detach_client
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.engine import Engine
from app.engine.submission_unit import Callback, SlowWork, Step, run_slow_work
from app.net.receive.connection_limits import ConnectionSlot
from app.net.receive.polled_connection import PolledConnection
from app.net.receive.receive_loop import ReceiveLoop
from app.net.receive.submission import Submitter
from app.net.send.outbox import Outbox
from app.net.transport.transport import TransportError
from app.threads import name_thread
from app.wire.framing import MAX_LINE_BYTES, Frame, Framer, FramingError
from app.wire.proxy import MalformedHeader, parse_header

RECEIVE_BYTES = 64 * 1024  # at once, of whoever says much
SMALL_RECEIVE_BYTES = (
    4 * 1024
)  # and of others, who said no more than a line: everybody who waits holds a buffer
RECEIVE_LOOP_THRESHOLD_UNITS = (
    16  # units at once; with fewer, a reader each is faster than the way by the intake
)
BACKLOG_POLL_SECONDS = 0.05  # how often to look whether a peer that is behind has caught up
LINGER_SECONDS = 1  # how long a closed connection is read on, so that its last lines are not lost in a reset
MAX_LINGER_READS = 64


class ConnectionRefused(Exception):
    """There are too many connections from where a proxy says that this one comes from."""


@dataclass(frozen=True, slots=True)
class ServerHandles:
    """What a connection needs of the server: the engine, what its commands have at hand, and the signal of the end."""

    engine: Engine
    runtime: Runtime
    stopping: Signal
    receive_loop: ReceiveLoop | None  # where there is none, everybody receives by themselves


class Connection:
    """Reads one socket until its end."""

    def __init__(
        self,
        connection: socket.socket,
        client: Client,
        outbox: Outbox,
        slot: ConnectionSlot,
        submitter: Submitter,
        handles: ServerHandles,
    ) -> None:
        self._socket = connection
        self._client = client
        self._outbox = outbox
        self._slot = slot
        self._handles = handles
        # What has come of the header that a proxy begins with; None when there is none to come.
        self._header: bytes | None = b"" if slot.is_proxy else None
        self._framer = Framer()
        self._runtime = handles.runtime
        self._submitter = submitter
        self._polled: PolledConnection | None = None  # made when it is first needed
        self._reason = "Connection closed"
        self._expected = SMALL_RECEIVE_BYTES
        self._is_chatting = False  # what the peer says is quick to be done
        self._is_over = False  # nothing that was received, or will be, matters any more

    def serve(self) -> None:
        """Read until the peer or the server ends the connection, then leave the world and the socket."""
        try:
            for steps in self._units():
                self._do(steps)
                if self._client.ended or self._outbox.fault is not None:
                    break
        finally:
            reason = self._outbox.fault or self._reason
            self._do(
                [Callback(lambda changeset, client: detach_client(self._runtime, changeset, client, reason))]
            )
            self._outbox.finish()
            self._linger()
            self._outbox.release()

    def _units(self) -> Iterator[list[Step]]:
        """Yield what each read brought, as steps, no faster than the client's rate allows."""
        while not (self._is_over or self._client.ended) and (data := self._receive()):
            try:
                frames = self._plain(self._behind_header(data))
            except TransportError as error:
                self._reason = error.reason
                return
            except (MalformedHeader, ConnectionRefused, FramingError) as error:
                self._reason = str(error)
                yield [
                    Callback(
                        lambda changeset, client: close_client(changeset, client, self._reason), writes=False
                    )
                ]
                return
            yield from self._paced(frames, len(data))
            self._is_over = self._is_over or self._outbox.is_closed_by_peer

    def _receive(self) -> bytes:
        """Return what the peer sends next; the engine knows of the connection before that is waited for."""
        try:
            if (
                self._is_chatting
                and self._handles.engine.units_per_cycle >= RECEIVE_LOOP_THRESHOLD_UNITS
                and (receive_loop := self._handles.receive_loop)
            ):
                return self._sized(self._polled_by(receive_loop).listen())
            if self._submitter.is_unannounced:
                with suppress(BlockingIOError):
                    return self._received(socket.MSG_DONTWAIT)
                self._do([])
            return self._received()
        except OSError as error:
            self._reason = error.strerror or str(error)
            return b""

    def _polled_by(self, receive_loop: ReceiveLoop) -> PolledConnection:
        """Return what the intake listens by, made when it is first needed."""
        if self._polled is None:
            self._polled = PolledConnection(
                self._socket, self._runtime.commands, self._framer, self._submitter, receive_loop
            )
        return self._polled

    def _received(self, flags: int = 0) -> bytes:
        """Receive some bytes on this thread.

        While nothing comes, a buffer is held for what is expected. Were those of ten thousand who only wait large,
        they would keep 640 MB of memory that others have used before.

        Raises: OSError.
        """
        return self._sized(self._socket.recv(self._expected, flags))

    def _sized(self, data: bytes) -> bytes:
        """Expect more or less the next time, by what came; return that."""
        self._expected = RECEIVE_BYTES if len(data) > MAX_LINE_BYTES else SMALL_RECEIVE_BYTES
        return data

    def _behind_header(self, data: bytes) -> bytes:
        """Return what follows the header of a proxy, which stands before everything else; nothing until it is whole.

        Raises: Malformed, TurnedAway.
        """
        if self._header is None:
            return data
        self._header += data
        found = parse_header(self._header)
        if found is None:
            return b""
        origin, length = found
        rest, self._header = self._header[length:], None
        if origin.address is not None:
            self._speak_for(origin.address, origin.secure)
        return rest

    def _speak_for(self, address: str, secure: bool) -> None:
        """Be the connection of somebody at another address.

        Raises: TurnedAway when there are too many from there.
        """
        if refusal := self._slot.reassign(address):
            raise ConnectionRefused(refusal)
        name_thread(f"reader {address}")

        def move(changeset: Changeset, client: Client) -> None:
            client.address, client.secure = address, client.secure or secure

        self._do([Callback(move, writes=False)])

    def _plain(self, data: bytes) -> list[Frame]:
        """Return the whole lines that the received bytes complete."""
        transport = self._outbox.transport
        if transport is None:
            return self._framer.feed(data)
        try:
            frames = self._framer.feed(transport.decrypt(data))
        finally:
            if transport.wants_to_send:
                self._outbox.request_flush()
        if frames and transport.certificate != self._client.certificate:
            self._do([Callback(partial(_show, transport.certificate), writes=False)])
        return frames

    def _paced(self, frames: list[Frame], received: int) -> Iterator[list[Step]]:
        """Yield the lines as steps in portions: what the rate allows now at once, the others one by one as it does.

        So a flooder's lines never fill a batch, and it is noticed soon when it is gone or given up. Nothing is
        looked at before it is paid for; what was received and is no line costs as much as lines of its length.
        What costs more than others ends its portion, because its answer has its own price.
        """
        self._submitter.refresh_limits()
        noise = received // MAX_LINE_BYTES - len(frames)
        self._pause(self._submitter.charge(max(noise, 0)))
        portion: list[Step] = []
        for frame in frames:
            step = parse_request(self._runtime.commands, frame)
            if not portion:
                self._settle()  # so that the answers before are paid for
            cost = step.cost
            delay = self._submitter.charge(cost)
            if delay > 0:
                if portion:
                    yield portion
                    portion = []
                self._pause(delay)
                if self._is_reset():
                    return
            portion.append(step)
            if cost > 1:
                yield portion
                portion = []
        if portion:
            yield portion

    def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the server; the engine knows of the connection meanwhile."""
        if seconds > 0:
            if self._submitter.is_unannounced:
                self._do([])
            self._handles.stopping.wait(seconds)

    def _is_reset(self) -> bool:
        """Whether the peer is gone for good, so that a flooder's last lines need not be waited for."""
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self._reason, self._is_over = os.strerror(error), True
        return self._is_over

    def _do(self, steps: list[Step]) -> None:
        """Have the engine do the steps, behind those before them, and do the slow work in between on this thread."""
        self._settle()
        self._submitter.submit(steps)
        is_quick = all(step.is_quick for step in steps)
        if not is_quick:
            self._settle()
        self._is_chatting = (
            bool(steps)
            and is_quick
            and self._expected == SMALL_RECEIVE_BYTES
            and self._outbox.transport is None
        )

    def _settle(self) -> None:
        """Wait until what was handed in is done, with all that follows from it."""
        self._submitter.wait_until_done(self._work)

    def _work(self, task: SlowWork) -> Callback:
        """Do slow work, once the peer has read most of what it got, so that many pages never overrun it."""
        while self._outbox.is_behind and not self._handles.stopping.wait(BACKLOG_POLL_SECONDS):
            pass
        with self._runtime.database.reading() as session:
            return run_slow_work(task, session)

    def _linger(self) -> None:
        """Read on for a moment, so that what the peer still sends does not turn the close into a reset."""
        if self._outbox.fault is not None:
            return
        try:
            self._socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", LINGER_SECONDS, 0)
            )
            for _ in range(MAX_LINGER_READS):
                if not self._socket.recv(RECEIVE_BYTES):
                    return
        except OSError:
            return


def _show(certificate: str | None, changeset: Changeset, client: Client) -> None:
    """Let the engine know by which certificate the peer is known."""
    client.certificate = certificate
