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

from app.commands.requests import step_of
from app.commands.runtime import Desk
from app.commands.sessions.connections import close
from app.commands.sessions.leaving import detach
from app.engine.changeset import Batch
from app.engine.delivery.client import Client
from app.engine.engine import Engine
from app.engine.submission_unit import Step, Task, Turn, outcome
from app.net.receive.connection_limits import Seat
from app.net.receive.polled_connection import Ear
from app.net.receive.receive_loop import Intake
from app.net.receive.submission import Till
from app.net.send.outbox import Outbox
from app.net.transport.transport import Broken
from app.threads import name_thread
from app.wire.framing import LINE_BYTES, Frame, Framer, Unframed
from app.wire.proxy import Malformed, read_header

RECEIVE_BYTES = 64 * 1024  # at once, of whoever says much
LITTLE_BYTES = 4 * 1024  # and of others, who said no more than a line: everybody who waits holds a buffer
MANY = 16  # units at once; with fewer, a reader each is faster than the way by the intake
BEHIND_SECONDS = 0.05  # how often to look whether a peer that is behind has caught up
LINGER_SECONDS = 1  # how long a closed connection is read on, so that its last lines are not lost in a reset
LINGER_READS = 64


class TurnedAway(Exception):
    """There are too many connections from where a proxy says that this one comes from."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What a connection needs of the server: the engine, what its commands have at hand, and the signal of the end."""

    engine: Engine
    desk: Desk
    stopping: Signal
    intake: Intake | None  # where there is none, everybody receives by themselves


class Connection:
    """Reads one socket until its end."""

    def __init__(
        self,
        connection: socket.socket,
        client: Client,
        outbox: Outbox,
        seat: Seat,
        till: Till,
        inside: Inside,
    ) -> None:
        self._socket = connection
        self._client = client
        self._outbox = outbox
        self._seat = seat
        self._inside = inside
        # What has come of the header that a proxy begins with; None when there is none to come.
        self._header: bytes | None = b"" if seat.is_proxy else None
        self._framer = Framer()
        self._desk = inside.desk
        self._till = till
        self._ear: Ear | None = None  # made when it is first needed
        self._reason = "Connection closed"
        self._expected = LITTLE_BYTES
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
            self._do([Turn(lambda batch, client: detach(self._desk, batch, client, reason))])
            self._outbox.finish()
            self._linger()
            self._outbox.release()

    def _units(self) -> Iterator[list[Step]]:
        """Yield what each read brought, as steps, no faster than the client's rate allows."""
        while not (self._is_over or self._client.ended) and (data := self._receive()):
            try:
                frames = self._plain(self._behind_header(data))
            except Broken as error:
                self._reason = error.reason
                return
            except (Malformed, TurnedAway, Unframed) as error:
                self._reason = str(error)
                yield [Turn(lambda batch, client: close(batch, client, self._reason), writes=False)]
                return
            yield from self._paced(frames, len(data))
            self._is_over = self._is_over or self._outbox.is_closed_by_peer

    def _receive(self) -> bytes:
        """Return what the peer sends next; the engine knows of the connection before that is waited for."""
        try:
            if self._is_chatting and self._inside.engine.at_once >= MANY and (intake := self._inside.intake):
                return self._sized(self._ear_at(intake).listen())
            if self._till.is_new:
                with suppress(BlockingIOError):
                    return self._received(socket.MSG_DONTWAIT)
                self._do([])
            return self._received()
        except OSError as error:
            self._reason = error.strerror or str(error)
            return b""

    def _ear_at(self, intake: Intake) -> Ear:
        """Return what the intake listens by, made when it is first needed."""
        if self._ear is None:
            self._ear = Ear(self._socket, self._framer, self._till, intake)
        return self._ear

    def _received(self, flags: int = 0) -> bytes:
        """Receive some bytes on this thread.

        While nothing comes, a buffer is held for what is expected. Were those of ten thousand who only wait large,
        they would keep 640 MB of memory that others have used before.

        Raises: OSError.
        """
        return self._sized(self._socket.recv(self._expected, flags))

    def _sized(self, data: bytes) -> bytes:
        """Expect more or less the next time, by what came; return that."""
        self._expected = RECEIVE_BYTES if len(data) > LINE_BYTES else LITTLE_BYTES
        return data

    def _behind_header(self, data: bytes) -> bytes:
        """Return what follows the header of a proxy, which stands before everything else; nothing until it is whole.

        Raises: Malformed, TurnedAway.
        """
        if self._header is None:
            return data
        self._header += data
        found = read_header(self._header)
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
        if refusal := self._seat.move(address):
            raise TurnedAway(refusal)
        name_thread(f"reader {address}")

        def move(batch: Batch, client: Client) -> None:
            client.address, client.secure = address, client.secure or secure

        self._do([Turn(move, writes=False)])

    def _plain(self, data: bytes) -> list[Frame]:
        """Return the whole lines that the received bytes complete."""
        pipe = self._outbox.pipe
        if pipe is None:
            return self._framer.feed(data)
        try:
            frames = self._framer.feed(pipe.decrypt(data))
        finally:
            if pipe.wants_to_send:
                self._outbox.nudge()
        if frames and pipe.certificate != self._client.certificate:
            self._do([Turn(partial(_show, pipe.certificate), writes=False)])
        return frames

    def _paced(self, frames: list[Frame], received: int) -> Iterator[list[Step]]:
        """Yield the lines as steps in portions: what the rate allows now at once, the others one by one as it does.

        So a flooder's lines never fill a batch, and it is noticed soon when it is gone or given up. Nothing is
        looked at before it is paid for; what was received and is no line costs as much as lines of its length.
        What costs more than others ends its portion, because its answer has its own price.
        """
        self._till.fit()
        noise = received // LINE_BYTES - len(frames)
        self._pause(self._till.charge(max(noise, 0)))
        portion: list[Step] = []
        for frame in frames:
            step = step_of(frame)
            if not portion:
                self._settle()  # so that the answers before are paid for
            cost = step.cost
            delay = self._till.charge(cost)
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
            if self._till.is_new:
                self._do([])
            self._inside.stopping.wait(seconds)

    def _is_reset(self) -> bool:
        """Whether the peer is gone for good, so that a flooder's last lines need not be waited for."""
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self._reason, self._is_over = os.strerror(error), True
        return self._is_over

    def _do(self, steps: list[Step]) -> None:
        """Have the engine do the steps, behind those before them, and do the slow work in between on this thread."""
        self._settle()
        self._till.hand_in(steps)
        is_quick = all(step.is_quick for step in steps)
        if not is_quick:
            self._settle()
        self._is_chatting = (
            bool(steps) and is_quick and self._expected == LITTLE_BYTES and self._outbox.pipe is None
        )

    def _settle(self) -> None:
        """Wait until what was handed in is done, with all that follows from it."""
        self._till.settle(self._work)

    def _work(self, task: Task) -> Turn:
        """Do slow work, once the peer has read most of what it got, so that many pages never overrun it."""
        while self._outbox.is_behind and not self._inside.stopping.wait(BEHIND_SECONDS):
            pass
        with self._desk.database.reading() as session:
            return outcome(task, session)

    def _linger(self) -> None:
        """Read on for a moment, so that what the peer still sends does not turn the close into a reset."""
        if self._outbox.fault is not None:
            return
        try:
            self._socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", LINGER_SECONDS, 0)
            )
            for _ in range(LINGER_READS):
                if not self._socket.recv(RECEIVE_BYTES):
                    return
        except OSError:
            return


def _show(certificate: str | None, batch: Batch, client: Client) -> None:
    """Let the engine know by which certificate the peer is known."""
    client.certificate = certificate
