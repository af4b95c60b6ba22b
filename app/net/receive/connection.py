"""The reader of one connection: receives bytes, submits units, and waits for each.

It runs on the handler thread that `ThreadingTCPServer` starts for the connection. What it receives
at once becomes one unit, as far as the flood limit allows. It waits for the engine to finish a unit
before it submits the next. If the unit may need slow work, the reader waits at once; otherwise it
waits only before the next submission, because waking a thread costs as much as a message. The
engine learns of the connection together with the first lines that have arrived, or before the
reader blocks. A flooding client is delayed here, in its own thread.

When many clients talk at the same time, waking a thread for each line, and making it wait for the
interpreter lock, costs more than the lines themselves. Readers whose clients send only quick
commands then let the receive loop receive for them (`polled_connection`).
"""

import os
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Event as Signal

from app import access_log
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
from app.wire.framing import MAX_LINE_BYTES, Frame, FramingError
from app.wire.proxy import MalformedHeader, parse_header

RECEIVE_BYTES = 64 * 1024  # receive buffer after a read of more than one line
SMALL_RECEIVE_BYTES = 4 * 1024  # receive buffer otherwise: every blocked reader holds one
RECEIVE_LOOP_THRESHOLD_UNITS = 16  # units per engine cycle; below it, a reader per connection is faster
BACKLOG_POLL_SECONDS = 0.05  # how often to check whether a slow peer has caught up
LINGER_SECONDS = 1  # how long to read after the end, so that a reset does not destroy the last lines
MAX_LINGER_READS = 64


class ConnectionRefused(Exception):
    """The address of a proxied client has too many connections."""


@dataclass(frozen=True, slots=True)
class ServerHandles:
    """The server as seen by a connection. Without a receive loop, all readers block in `recv`.

    A reader uses the receive loop while an engine cycle has at least `receive_loop_threshold`
    units.
    """

    engine: Engine
    runtime: Runtime
    stopping: Signal
    receive_loop: ReceiveLoop | None
    receive_loop_threshold: int = RECEIVE_LOOP_THRESHOLD_UNITS


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
        # The part of the PROXY header received so far; None when there is no header to expect.
        self._proxy_header: bytes | None = b"" if slot.limits.is_proxy(slot.address) else None
        self._runtime = handles.runtime
        self._submitter = submitter
        self._polled: PolledConnection | None = None  # created when first needed
        self._reason = "Connection closed"
        self._receive_size = SMALL_RECEIVE_BYTES
        self._sends_quick_commands = False
        self._is_over = False  # further input is ignored

    def serve(self) -> None:
        """Read until either side closes the connection, then release the client and the socket."""
        if self._proxy_header is None:
            access_log.connected(self._slot.address, self._client.secure)
        try:
            for steps in self._units():
                self._submit(steps)
                if self._client.is_closed or self._outbox.fault is not None:
                    break
        finally:
            reason = self._outbox.fault or self._reason
            self._submit(
                [Callback(lambda changeset, client: detach_client(self._runtime, changeset, client, reason))]
            )
            self._log_end(reason)
            self._outbox.finish()
            self._linger()
            self._outbox.release()

    def _log_end(self, reason: str) -> None:
        """Log the end; if the server closed the connection, the engine knows the reason."""
        client = self._client
        seconds = self._runtime.clock.monotonic() - client.connected_at
        reason = client.quit_reason or reason
        access_log.disconnected(self._slot.address, client.nick, client.account, seconds, reason)

    def _units(self) -> Iterator[Sequence[Step]]:
        """Yield the steps of each read, no faster than the flood limit allows."""
        while not (self._is_over or self._client.is_closed) and (data := self._receive()):
            try:
                frames = self._decode(self._strip_proxy_header(data))
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
            yield from self._portions(frames, len(data))
            self._is_over = self._is_over or self._outbox.is_closed_by_peer

    def _receive(self) -> bytes:
        """Return the next bytes; announce the connection to the engine before blocking."""
        handles = self._handles
        try:
            if (
                self._sends_quick_commands
                and handles.engine.units_per_cycle >= handles.receive_loop_threshold
                and handles.receive_loop is not None
            ):
                return self._adapt_receive_size(self._polled_by(handles.receive_loop).receive())
            if self._submitter.is_unannounced:
                with suppress(BlockingIOError):
                    return self._receive_on_this_thread(socket.MSG_DONTWAIT)
                self._submit([])
            return self._receive_on_this_thread()
        except OSError as error:
            self._reason = error.strerror or str(error)
            return b""

    def _polled_by(self, receive_loop: ReceiveLoop) -> PolledConnection:
        if self._polled is None:
            self._polled = PolledConnection(self._socket, self._submitter, receive_loop)
        return self._polled

    def _receive_on_this_thread(self, flags: int = 0) -> bytes:
        """Receive with a buffer of the expected size.

        `recv` allocates its buffer before it blocks, so 64 KiB buffers could pin 640 MB for ten
        thousand idle connections.

        Raises: OSError.
        """
        return self._adapt_receive_size(self._socket.recv(self._receive_size, flags))

    def _adapt_receive_size(self, data: bytes) -> bytes:
        self._receive_size = RECEIVE_BYTES if len(data) > MAX_LINE_BYTES else SMALL_RECEIVE_BYTES
        return data

    def _strip_proxy_header(self, data: bytes) -> bytes:
        """Return the bytes after the PROXY header; b"" until the header is complete.

        Raises: MalformedHeader, ConnectionRefused.
        """
        if self._proxy_header is None:
            return data
        self._proxy_header += data
        found = parse_header(self._proxy_header)
        if found is None:
            return b""
        origin, length = found
        rest, self._proxy_header = self._proxy_header[length:], None
        if origin.address is not None:
            self._set_origin(origin.address, origin.secure)
        access_log.connected(self._slot.address, self._client.secure or origin.secure)
        return rest

    def _set_origin(self, address: str, secure: bool) -> None:
        """Attribute the connection to the client address in the PROXY header.

        Raises: ConnectionRefused when that address has too many connections.
        """
        if refusal := self._slot.reassign(address):
            raise ConnectionRefused(refusal)
        name_thread(f"reader {address}")

        def update(changeset: Changeset, client: Client) -> None:
            client.address, client.secure = address, client.secure or secure

        self._submit([Callback(update, writes=False)])

    def _decode(self, data: bytes) -> list[Frame]:
        """Return the lines that the received bytes complete."""
        transport, framer = self._outbox.transport, self._submitter.framer
        if transport is None:
            return framer.feed(data)
        try:
            frames = framer.feed(transport.decrypt(data))
        finally:
            if transport.wants_to_send:
                self._outbox.request_flush()
        if frames and transport.certificate != self._client.certificate:
            self._submit([Callback(partial(_set_certificate, transport.certificate), writes=False)])
        return frames

    def _portions(self, frames: list[Frame], received: int) -> Iterator[Sequence[Step]]:
        """Yield steps for the lines that the flood limit allows now, then for the others in turn.

        So a flooding client never fills a batch, and its disconnection or eviction is noticed
        early. Received bytes that form no line cost as much as lines of the same length.
        """
        noise = received // MAX_LINE_BYTES - len(frames)
        self._pause(self._submitter.charge(max(noise, 0)))
        start = 0
        while start < len(frames):
            self._wait_until_done()  # so that the replies to the previous portion are charged for
            steps, delay = self._submitter.admit(frames, start)
            self._pause(delay)
            if delay > 0 and self._is_reset():
                return
            start += len(steps)
            yield steps

    def _pause(self, seconds: float) -> None:
        """Announce the connection to the engine, then wait, unless the server stops first."""
        if seconds > 0:
            if self._submitter.is_unannounced:
                self._submit([])
            self._handles.stopping.wait(seconds)

    def _is_reset(self) -> bool:
        """Whether the peer is gone, so that the remaining lines of a flood can be dropped."""
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self._reason, self._is_over = os.strerror(error), True
        return self._is_over

    def _submit(self, steps: Sequence[Step]) -> None:
        """Submit steps after the previous unit; wait for them if they may have slow work."""
        self._wait_until_done()
        self._submitter.submit(steps)
        is_quick = all(step.is_quick for step in steps)
        if not is_quick:
            self._wait_until_done()
        self._sends_quick_commands = (
            bool(steps)
            and is_quick
            and self._receive_size == SMALL_RECEIVE_BYTES
            and self._outbox.transport is None
        )

    def _wait_until_done(self) -> None:
        self._submitter.wait_until_done(self._run_slow_work)

    def _run_slow_work(self, work: SlowWork) -> Callback:
        """Run slow work once the send queue is at most half full, to leave room for the reply."""
        while self._outbox.is_behind and not self._handles.stopping.wait(BACKLOG_POLL_SECONDS):
            pass
        with self._runtime.database.reading() as session:
            return run_slow_work(work, session)

    def _linger(self) -> None:
        """Drain unread input, which would make the close a reset (RFC 1122 section 4.2.2.13)."""
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


def _set_certificate(certificate: str | None, changeset: Changeset, client: Client) -> None:
    client.certificate = certificate
