"""Both senders write what each socket accepts and report the result per socket."""

import errno
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from app.net.kernel import io_uring
from app.net.send import sender as senders
from app.net.send.sender import SUBMISSION_QUEUE_SIZE, IoUringSender, Sender, SocketSender, best_sender
from tests.net.conftest import SocketPairs, opened_or_skipped


@pytest.fixture(params=[SocketSender, IoUringSender])
def sender(request: pytest.FixtureRequest) -> Iterator[Sender]:
    with opened_or_skipped(request.param) as opened:
        yield opened


def test_each_socket_is_sent_its_own_data(sender: Sender, pairs: SocketPairs) -> None:
    for round_ in range(60):  # enough for the queues of the ring to wrap
        texts = [f"{round_} for {number}".encode() for number in range(40)]
        sent = sender.send([(local, text) for (local, _), text in zip(pairs, texts, strict=True)])
        assert sent == [len(text) for text in texts]
        assert [remote.recv(100) for _, remote in pairs] == texts


def test_batch_larger_than_the_queue_is_sent_in_order(sender: Sender, pairs: SocketPairs) -> None:
    numbers = range(2 * SUBMISSION_QUEUE_SIZE + 7)
    assert sender.send([(pairs[number % 40][0], b"%6d" % number) for number in numbers]) == [6] * len(numbers)
    for place, (_, remote) in enumerate(pairs):
        assert remote.recv(1000) == b"".join(b"%6d" % number for number in numbers[place::40])


def test_full_socket_takes_a_partial_write(sender: Sender, pairs: SocketPairs) -> None:
    (full, reader), (other, _) = pairs[:2]
    data = bytes(range(256)) * 40_000
    (sent,) = sender.send([(full, data)])
    assert 0 < sent < len(data)
    assert sender.send([(full, data[sent:]), (other, b"hello")]) == [-errno.EAGAIN, 5]
    reader.settimeout(10)
    assert reader.recv(sent, socket.MSG_WAITALL) == data[:sent]


def test_send_error_is_reported_per_socket(sender: Sender, pairs: SocketPairs) -> None:
    (half_closed, remote), (closed, _), (other, _) = pairs[:3]
    remote.close()
    closed.close()
    sent = sender.send([(half_closed, b"hello"), (closed, b"hello"), (other, b"hello")])
    assert sent == [-errno.EPIPE, -errno.EBADF, 5]


@pytest.mark.parametrize("missing", ["SETUP", "ENTER", "OP_SEND"])
def test_unusable_io_uring_falls_back_to_sockets(
    pairs: SocketPairs, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """io_uring of Linux 5.4 cannot send; a container may forbid any of the calls."""
    if missing == "OP_SEND":
        monkeypatch.setattr(senders, missing, 255)
    else:
        monkeypatch.setattr(io_uring, missing, 4000)
    local, remote = pairs[0]
    with closing(best_sender(use_io_uring=True)) as sender:
        assert sender.send([(local, b"hello")]) == [5]
    assert remote.recv(100) == b"hello"
