"""A crowd is told the same in one go, and everybody hears it in its place among what is theirs alone."""

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

FILES = Path(__file__).parent.parent / "tls"
PEOPLE = 12
CROWDS = [
    range(PEOPLE),
    range(0, PEOPLE, 2),
    range(3, PEOPLE),
    range(1, PEOPLE, 2),
]  # the second and last are disjoint
PLENTY = 1 << 30

people = st.integers(0, PEOPLE - 1)
sizes = st.sampled_from(
    [1, 30, 5_000, 400_000]
)  # the last is more than one send takes, or a socket has room for
alone = st.tuples(st.just("alone"), people, sizes)
together = st.tuples(
    st.just("together"), st.integers(0, len(CROWDS) - 1), sizes, st.frozensets(people, max_size=3)
)
ends = st.tuples(st.just("end"), people)
wakes = st.tuples(st.just("wake"))
stories = st.lists(st.one_of(alone, together, together, wakes, ends), max_size=25)


class Stage:
    """A flusher and people whose sockets nobody reads before the story is over; some of them are there by TLS."""

    def __init__(self, use_io_uring: bool, by_tls: Set[int] = frozenset()) -> None:
        self.flusher = Flusher(0, Clock(), use_io_uring)
        self.pairs = [socket.socketpair() for _ in range(PEOPLE)]
        self.secrets = {number: Secret() for number in by_tls}
        self.outboxes = [
            Outbox(ours, self.flusher, PLENTY, self.secrets[number].transport if number in by_tls else None)
            for number, (ours, _) in enumerate(self.pairs)
        ]
        self.groups = [
            BroadcastGroup([self.outboxes[number] for number in group], self.flusher.post_to_group)
            for group in CROWDS
        ]
        self.expected = [b""] * PEOPLE
        self._ended: set[int] = set()
        for outbox in self.outboxes:
            self.flusher.adopt(outbox)
        self.flusher.start()

    def post_to_group(self, number: int, data: bytes) -> None:
        """Expect somebody to hear this, unless that was their end."""
        if number not in self._ended:
            self.expected[number] += data

    def play(self, place: int, what: str, *rest: object) -> None:
        """Do one thing; each says something else."""
        match what, *rest:
            case "alone", int(number), int(size):
                data = b"%d." % place * size
                self.outboxes[number].push(data)
                self.post_to_group(number, data)
            case "together", int(number), int(size), frozenset(excluded):
                data = b"%d," % place * size
                self.groups[number].push(data, {self.outboxes[one] for one in excluded})
                for one in set(CROWDS[number]) - excluded:
                    self.post_to_group(one, data)
            case "end", int(number):
                self.outboxes[number].finish()
                self._ended.add(number)
            case _:
                self.flusher.wake()

    def end(self) -> list[bytes]:
        """Let everybody read to their ends, and return what each has heard."""
        for outbox in self.outboxes:
            outbox.finish()
            outbox.release()
        self.flusher.finish()
        heard = [b""] * PEOPLE
        listeners = [
            Thread(target=listen, args=(theirs, heard, n)) for n, (_, theirs) in enumerate(self.pairs)
        ]
        for listener in listeners:
            listener.start()
        for listener in listeners:
            listener.join()
        self.flusher.join(60)
        assert not self.flusher.connection_count
        assert not self.flusher.backlog
        return [self.secrets[n].read(data) if n in self.secrets else data for n, data in enumerate(heard)]


class Secret:
    """Two ends of TLS that have shaken hands: the server's pipe, and the client that reads what comes of it."""

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
        """Return what is in what the server sent, up to its end."""
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


def listen(connection: socket.socket, heard: list[bytes], number: int) -> None:
    """Keep what comes, up to the end."""
    with closing(connection):
        while data := connection.recv(1 << 20):
            heard[number] += data


@pytest.mark.parametrize("by_tls", [frozenset(), frozenset({0, 1, 4, 7})])
@pytest.mark.parametrize("use_io_uring", [True, False])
def test_every_client_receives_its_data_in_order(use_io_uring: bool, by_tls: Set[int]) -> None:
    @settings(max_examples=60, deadline=None)
    @given(stories)
    def check(story: list[tuple]) -> None:  # type: ignore[type-arg]
        stage = Stage(use_io_uring, by_tls)
        for place, deed in enumerate(story):
            stage.play(place, *deed)
        assert stage.end() == stage.expected

    check()


@pytest.mark.parametrize("use_io_uring", [True, False])
def test_reused_descriptor_gets_no_data_of_the_closed_socket(use_io_uring: bool) -> None:
    stage = Stage(use_io_uring)
    everybody, gone = stage.groups[0], stage.outboxes[0]
    others = [theirs for _, theirs in stage.pairs[1:]]
    everybody.push(b"hello", frozenset())
    descriptor = gone.socket.fileno()
    gone.finish()
    gone.release()
    assert [theirs.recv(100) for theirs in others] == [b"hello"] * len(others)
    stage.outboxes[1].push(b"fence")
    stage.flusher.wake()
    assert others[0].recv(100) == b"fence"
    with closing(socket.socket()) as new:
        assert new.fileno() == descriptor
        ours, theirs = socket.socketpair()
        with ours, theirs:
            os.dup2(ours.fileno(), descriptor)
            everybody.push(b"again", frozenset())
            stage.flusher.wake()
            assert [one.recv(100) for one in others] == [b"again"] * len(others)
            theirs.setblocking(False)
            with pytest.raises(BlockingIOError):
                theirs.recv(100)
    stage.end()


def test_data_pushed_after_release_is_still_sent() -> None:
    stage = Stage(use_io_uring=True)
    first, others = stage.outboxes[0], [theirs for _, theirs in stage.pairs]
    first.release()
    stage.outboxes[1].push(b"fence")
    stage.flusher.wake()
    assert others[1].recv(100) == b"fence"
    first.push(b"goodbye")
    first.finish()
    assert others[0].recv(100) == b"goodbye"
    stage.end()


class Leaky:
    """A pipe with a fault that nobody foresaw."""

    is_closed_by_peer = wants_to_send = False
    certificate = None

    def decrypt(self, data: bytes) -> bytes:
        """Return the bytes as they are."""
        return data

    def encrypt(self, data: bytes, is_last: bool) -> bytes:
        """Fail."""
        raise ZeroDivisionError


@pytest.mark.parametrize("is_alone", [True, False])
def test_transport_error_closes_only_its_own_connection(
    is_alone: bool, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage(use_io_uring=True)
    ours, theirs = socket.socketpair()
    with theirs:
        faulty = Outbox(ours, stage.flusher, PLENTY, Leaky())
        stage.flusher.adopt(faulty)
        everybody = BroadcastGroup([faulty, *stage.outboxes], stage.flusher.post_to_group)
        if is_alone:
            faulty.push(b"hello")
        else:
            everybody.push(b"hello", frozenset())
        everybody.push(b" again", frozenset())
        stage.flusher.wake()
        assert theirs.recv(100) == b""
        faulty.release()
        assert stage.end() == [b" again" if is_alone else b"hello again"] * PEOPLE
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
    ours, theirs = socket.socketpair()
    with theirs:
        outbox = Outbox(ours, flusher, PLENTY, None)
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
    """Who is in two crowds that are told something is sent both in one piece, which is made for each of them."""
    sizes: list[int] = []

    class Scales(SocketSender):
        def send(self, batch: Sequence[tuple[socket.socket, bytes]]) -> list[int]:
            sizes.append(sum(len(data) for _, data in batch))
            return super().send(batch)

    monkeypatch.setattr("app.net.send.flusher.best_sender", lambda use_io_uring: Scales())
    monkeypatch.setattr("app.net.send.flusher.MAX_SEND_BATCH_BYTES", 10_000)
    stage = Stage(use_io_uring=False)
    for place in range(0, 20, 2):
        stage.play(place, "together", 0, 500, frozenset())
        stage.play(place + 1, "together", 2, 500, frozenset())
    assert stage.end() == stage.expected
    assert max(sizes) < 10_000 + len(stage.expected[0] + stage.expected[-1])
