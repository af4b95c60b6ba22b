"""Both ways of sending do the same: all that a socket takes, nothing twice, and the truth about the rest."""

import errno
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from app.net.kernel import io_uring
from app.net.send import sender as senders
from app.net.send.sender import SUBMISSION_QUEUE_SIZE, IoUringSender, Sender, SocketSender, best_sender

Pairs = list[tuple[socket.socket, socket.socket]]


@pytest.fixture(params=[SocketSender, IoUringSender])
def sender(request: pytest.FixtureRequest) -> Iterator[Sender]:
    try:
        made = request.param()
    except OSError as error:
        pytest.skip(f"There is no io_uring here: {error}")
    with closing(made):
        yield made


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    made = [socket.socketpair() for _ in range(40)]
    yield made
    for pair in made:
        for end in pair:
            end.close()


def test_each_socket_is_sent_its_own_data(sender: Sender, pairs: Pairs) -> None:
    for turn in range(60):  # often enough that the queues of a ring begin again
        texts = [f"{turn} for {number}".encode() for number in range(40)]
        sent = sender.send([(ours, text) for (ours, _), text in zip(pairs, texts, strict=True)])
        assert sent == [len(text) for text in texts]
        assert [theirs.recv(100) for _, theirs in pairs] == texts


def test_batch_larger_than_the_queue_is_sent_in_order(sender: Sender, pairs: Pairs) -> None:
    numbers = range(2 * SUBMISSION_QUEUE_SIZE + 7)
    assert sender.send([(pairs[number % 40][0], b"%6d" % number) for number in numbers]) == [6] * len(numbers)
    for place, (_, theirs) in enumerate(pairs):
        assert theirs.recv(1000) == b"".join(b"%6d" % number for number in numbers[place::40])


def test_full_socket_takes_a_partial_write(sender: Sender, pairs: Pairs) -> None:
    (full, reader), (other, _) = pairs[:2]
    data = bytes(range(256)) * 40_000
    (sent,) = sender.send([(full, data)])
    assert 0 < sent < len(data)
    assert sender.send([(full, data[sent:]), (other, b"hello")]) == [-errno.EAGAIN, 5]
    reader.settimeout(10)
    assert reader.recv(sent, socket.MSG_WAITALL) == data[:sent]


def test_send_error_is_reported_per_socket(sender: Sender, pairs: Pairs) -> None:
    (gone, theirs), (closed, _), (other, _) = pairs[:3]
    theirs.close()
    closed.close()
    sent = sender.send([(gone, b"hello"), (closed, b"hello"), (other, b"hello")])
    assert sent == [-errno.EPIPE, -errno.EBADF, 5]


@pytest.mark.parametrize("missing", ["SETUP", "ENTER", "OP_SEND"])
def test_unusable_io_uring_falls_back_to_sockets(
    pairs: Pairs, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Linux 5.4 has a ring that cannot send; a container may forbid any of its calls."""
    if missing == "OP_SEND":
        monkeypatch.setattr(senders, missing, 255)
    else:
        monkeypatch.setattr(io_uring, missing, 4000)
    ours, theirs = pairs[0]
    with closing(best_sender(use_io_uring=True)) as sender:
        assert sender.send([(ours, b"hello")]) == [5]
    assert theirs.recv(100) == b"hello"
