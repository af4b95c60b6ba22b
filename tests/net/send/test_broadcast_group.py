"""Broadcasts to groups of connections, interleaved with data for single connections."""

import os
import socket
import ssl
from collections.abc import Sequence, Set
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clock import Clock
from app.net.send.broadcast_group import BroadcastGroup, GroupSend
from app.net.send.flusher import MAX_GROUP_BACKLOG_BYTES, Flusher
from app.net.send.outbox import Outbox
from app.net.send.sender import SocketSender
from app.net.transport.tls import TlsTransport, new_context

FILES = Path(__file__).parents[2] / "tls"
CLIENTS = 12
GROUPS = [  # the second and the last are disjoint
    range(CLIENTS),
    range(0, CLIENTS, 2),
    range(3, CLIENTS),
    range(1, CLIENTS, 2),
]
UNLIMITED_BYTES = 1 << 30

clients = st.integers(0, CLIENTS - 1)
sizes = st.sampled_from([1, 30, 5_000, 400_000])  # the last exceeds the buffer of a socket
private_sends = st.tuples(st.just("alone"), clients, sizes)
group_sends = st.tuples(
    st.just("together"), st.integers(0, len(GROUPS) - 1), sizes, st.frozensets(clients, max_size=3)
)
finishes = st.tuples(st.just("end"), clients)
wakes = st.tuples(st.just("wake"))
scenarios = st.lists(st.one_of(private_sends, group_sends, group_sends, wakes, finishes), max_size=25)


class FlusherHarness:
    """A flusher and connected sockets that are not read until `finish`; some of them use TLS."""

    def __init__(self, use_io_uring: bool, tls_clients: Set[int] = frozenset()) -> None:
        self.flusher = Flusher(0, Clock(), use_io_uring)
        self.pairs = [socket.socketpair() for _ in range(CLIENTS)]
        self.tls_pairs = {number: TlsPair() for number in tls_clients}
        self.outboxes = [
            Outbox(
                local,
                self.flusher,
                UNLIMITED_BYTES,
                self.tls_pairs[number].transport if number in tls_clients else None,
            )
            for number, (local, _) in enumerate(self.pairs)
        ]
        self.groups = [
            BroadcastGroup([self.outboxes[number] for number in group], self.flusher.post_to_group)
            for group in GROUPS
        ]
        self.expected = [b""] * CLIENTS
        self._ended: set[int] = set()
        for outbox in self.outboxes:
            self.flusher.adopt(outbox)
        self.flusher.start()

    def expect(self, number: int, data: bytes) -> None:
        """Expect a client to receive the data, unless its output is finished."""
        if number not in self._ended:
            self.expected[number] += data

    def perform(self, place: int, what: str, *rest: object) -> None:
        """Perform one action; `place` makes its data unique."""
        match what, *rest:
            case "alone", int(number), int(size):
                data = b"%d." % place * size
                self.outboxes[number].push(data)
                self.expect(number, data)
            case "together", int(number), int(size), frozenset(excluded):
                data = b"%d," % place * size
                self.groups[number].push(data, {self.outboxes[one] for one in excluded})
                for one in set(GROUPS[number]) - excluded:
                    self.expect(one, data)
            case "end", int(number):
                self.outboxes[number].finish()
                self._ended.add(number)
            case _:
                self.flusher.wake()

    def finish(self) -> list[bytes]:
        """Flush everything and return the data received by each client."""
        for outbox in self.outboxes:
            outbox.finish()
            outbox.release()
        self.flusher.finish()
        received = [b""] * CLIENTS
        readers = [
            Thread(target=receive_all, args=(remote, received, n)) for n, (_, remote) in enumerate(self.pairs)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        self.flusher.join(60)
        assert not self.flusher.connection_count
        assert not self.flusher.backlog
        return [
            self.tls_pairs[n].read(data) if n in self.tls_pairs else data for n, data in enumerate(received)
        ]


class TlsPair:
    """A server transport and a TLS client, after the handshake."""

    def __init__(self) -> None:
        self.transport = TlsTransport(_server)
        self._incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._client = _client.wrap_bio(self._incoming, outgoing)
        while self._client.version() is None or outgoing.pending:
            with suppress(ssl.SSLWantReadError):
                self._client.do_handshake()
            self.transport.decrypt(outgoing.read())
            self._incoming.write(self.transport.encrypt(b"", is_last=False))

    def read(self, wrapped: bytes) -> bytes:
        """Decrypt everything that the server sent, up to close_notify."""
        self._incoming.write(wrapped)
        parts = []
        while part := self._client.read(1 << 20):
            parts.append(part)
        return b"".join(parts)


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


_server = new_context(FILES / "cert.pem", FILES / "key.pem")
_client = _trusting()


def receive_all(connection: socket.socket, received: list[bytes], number: int) -> None:
    """Collect the received data up to the end of the stream."""
    with closing(connection):
        while data := connection.recv(1 << 20):
            received[number] += data


@pytest.mark.parametrize("tls_clients", [frozenset(), frozenset({0, 1, 4, 7})])
@pytest.mark.parametrize("use_io_uring", [True, False])
def test_every_client_receives_its_data_in_order(use_io_uring: bool, tls_clients: Set[int]) -> None:
    @settings(max_examples=60, deadline=None)
    @given(scenarios)
    def check(scenario: list[tuple]) -> None:  # type: ignore[type-arg]
        harness = FlusherHarness(use_io_uring, tls_clients)
        for place, action in enumerate(scenario):
            harness.perform(place, *action)
        assert harness.finish() == harness.expected

    check()


@pytest.mark.parametrize("use_io_uring", [True, False])
def test_reused_descriptor_gets_no_data_of_the_closed_socket(use_io_uring: bool) -> None:
    harness = FlusherHarness(use_io_uring)
    everyone, closed = harness.groups[0], harness.outboxes[0]
    others = [remote for _, remote in harness.pairs[1:]]
    everyone.push(b"hello", frozenset())
    descriptor = closed.socket.fileno()
    closed.finish()
    closed.release()
    assert [remote.recv(100) for remote in others] == [b"hello"] * len(others)
    harness.outboxes[1].push(b"fence")
    harness.flusher.wake()
    assert others[0].recv(100) == b"fence"
    with closing(socket.socket()) as new:
        assert new.fileno() == descriptor
        local, remote = socket.socketpair()
        with local, remote:
            os.dup2(local.fileno(), descriptor)
            everyone.push(b"again", frozenset())
            harness.flusher.wake()
            assert [one.recv(100) for one in others] == [b"again"] * len(others)
            remote.setblocking(False)
            with pytest.raises(BlockingIOError):
                remote.recv(100)
    harness.finish()


def test_data_pushed_after_release_is_still_sent() -> None:
    harness = FlusherHarness(use_io_uring=True)
    first, others = harness.outboxes[0], [remote for _, remote in harness.pairs]
    first.release()
    harness.outboxes[1].push(b"fence")
    harness.flusher.wake()
    assert others[1].recv(100) == b"fence"
    first.push(b"goodbye")
    first.finish()
    assert others[0].recv(100) == b"goodbye"
    harness.finish()


class FailingTransport:
    """A transport that fails to encrypt."""

    is_closed_by_peer = wants_to_send = False
    certificate = None

    def decrypt(self, data: bytes) -> bytes:
        """Return the bytes unchanged."""
        return data

    def encrypt(self, data: bytes, is_last: bool) -> bytes:
        """Raise an unexpected error."""
        raise ZeroDivisionError


@pytest.mark.parametrize("is_alone", [True, False])
def test_transport_error_closes_only_its_own_connection(
    is_alone: bool, caplog: pytest.LogCaptureFixture
) -> None:
    harness = FlusherHarness(use_io_uring=True)
    local, remote = socket.socketpair()
    with remote:
        faulty = Outbox(local, harness.flusher, UNLIMITED_BYTES, FailingTransport())
        harness.flusher.adopt(faulty)
        everyone = BroadcastGroup([faulty, *harness.outboxes], harness.flusher.post_to_group)
        if is_alone:
            faulty.push(b"hello")
        else:
            everyone.push(b"hello", frozenset())
        everyone.push(b" again", frozenset())
        harness.flusher.wake()
        assert remote.recv(100) == b""
        faulty.release()
        assert harness.finish() == [b" again" if is_alone else b"hello again"] * CLIENTS
    assert faulty.fault == "Internal server error"
    assert "ZeroDivisionError" in caplog.text


def test_failed_flusher_is_reported_and_blocks_no_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failed = Event()
    flusher = Flusher(0, Clock(), use_io_uring=True)
    flusher.start(failed.set)
    flusher.post("nonsense")  # type: ignore[arg-type]
    flusher.wake()
    assert failed.wait(10)
    assert flusher.has_failed
    assert "A flusher failed" in caplog.text
    flusher.post_to_group(
        GroupSend(BroadcastGroup([], flusher.post_to_group), bytes(MAX_GROUP_BACKLOG_BYTES + 1), frozenset())
    )
    flusher.wait_until_caught_up()
    flusher.join(10)


def test_producer_waits_for_a_flusher_that_is_behind() -> None:
    flusher = Flusher(0, Clock(), use_io_uring=True)
    local, remote = socket.socketpair()
    with remote:
        outbox = Outbox(local, flusher, UNLIMITED_BYTES, None)
        flusher.adopt(outbox)
        group = BroadcastGroup([outbox], flusher.post_to_group)
        while not flusher.is_behind:
            group.push(bytes(1 << 16), frozenset())
        waiting = Thread(target=flusher.wait_until_caught_up)
        waiting.start()
        flusher.start()
        flusher.wake()
        waiting.join(10)
        assert not waiting.is_alive()
        assert not flusher.is_behind
        outbox.fail("enough")
        outbox.finish()
        outbox.release()
        flusher.finish()
        flusher.join(10)


def test_send_batch_size_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Data for a client in two groups is a copy of its own; few copies exist at once."""
    sizes: list[int] = []

    class RecordingSender(SocketSender):
        def send(self, batch: Sequence[tuple[socket.socket, bytes]]) -> list[int]:
            sizes.append(sum(len(data) for _, data in batch))
            return super().send(batch)

    monkeypatch.setattr("app.net.send.flusher.best_sender", lambda use_io_uring: RecordingSender())
    monkeypatch.setattr("app.net.send.flusher.MAX_SEND_BATCH_BYTES", 10_000)
    harness = FlusherHarness(use_io_uring=False)
    for place in range(0, 20, 2):
        harness.perform(place, "together", 0, 500, frozenset())
        harness.perform(place + 1, "together", 2, 500, frozenset())
    assert harness.finish() == harness.expected
    assert max(sizes) < 10_000 + len(harness.expected[0] + harness.expected[-1])
