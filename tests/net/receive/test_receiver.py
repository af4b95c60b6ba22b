"""The io_uring receiver: data and end of file of many sockets, each delivered once and in order."""

import errno
import socket
import struct
from collections.abc import Iterator

import pytest

from app.net.kernel import io_uring
from app.net.receive import receiver as receivers
from app.net.receive.receiver import BUFFER_BYTES, BUFFERS, Received, Receiver
from tests.net.conftest import SocketPairs, opened_or_skipped

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with a timeout of 0 seconds


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with opened_or_skipped(Receiver) as opened:
        yield opened


def receive_from(receiver: Receiver, armed: list[int], count: int) -> dict[int, Received]:
    """Arm sockets and wait until `count` of them have received something."""
    found: dict[int, Received] = {}
    while len(found) < count:
        for descriptor, received in receiver.receive(armed, 1):
            assert descriptor not in found
            found[descriptor] = received
        armed = []
    return found


def test_every_armed_socket_receives_its_data(receiver: Receiver, pairs: SocketPairs) -> None:
    descriptors = [local.fileno() for local, _ in pairs]
    for round_ in range(120):  # enough for the queues and the buffer ring to wrap
        for number, (_, remote) in enumerate(pairs):
            remote.sendall(f"{round_} from {number}".encode())
        texts = [f"{round_} from {number}".encode() for number in range(40)]
        assert receive_from(receiver, descriptors, 40) == dict(zip(descriptors, texts, strict=True))


def test_unarmed_socket_receives_nothing(receiver: Receiver, pairs: SocketPairs) -> None:
    (armed, sender), (_, other) = pairs[:2]
    other.sendall(b"not yet")
    sender.sendall(b"now")
    assert receive_from(receiver, [armed.fileno()], 1) == {armed.fileno(): b"now"}
    sender.sendall(b"more")
    assert receiver.receive([], 0) == []


def test_more_sockets_than_buffers_all_receive(receiver: Receiver) -> None:
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(BUFFERS + 50)]
    descriptors = {local.fileno(): number for number, (local, _) in enumerate(pairs)}
    try:
        assert receiver.receive(list(descriptors), 0) == []
        for number, (_, remote) in enumerate(pairs):
            remote.sendall(b"%d" % number)
        assert receive_from(receiver, [], len(pairs)) == {
            descriptor: b"%d" % number for descriptor, number in descriptors.items()
        }
    finally:
        for pair in pairs:
            for end in pair:
                end.close()


def test_data_longer_than_a_buffer_arrives_in_order(receiver: Receiver, pairs: SocketPairs) -> None:
    local, remote = pairs[0]
    data = bytes(range(256)) * (3 * BUFFER_BYTES // 256) + b"end"
    remote.sendall(data)
    collected = b""
    while len(collected) < len(data):
        (received,) = receive_from(receiver, [local.fileno()], 1).values()
        assert isinstance(received, bytes)
        collected += received
    assert collected == data


def test_end_of_file_is_empty_and_reset_is_an_error(receiver: Receiver, pairs: SocketPairs) -> None:
    local, remote = pairs[0]
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer = socket.create_connection(server.getsockname())
        with server.accept()[0] as reset:
            receiver.receive([local.fileno(), reset.fileno()], 0)
            remote.close()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            peer.close()
            found = receive_from(receiver, [], 2)
            assert found[local.fileno()] == b""
            error = found[reset.fileno()]
            assert isinstance(error, OSError)
            assert error.errno == errno.ECONNRESET


@pytest.mark.parametrize("missing", ["SETUP", "REGISTER", "ENTER", "SETUP_SINGLE_ISSUER"])
def test_failed_setup_leaks_no_descriptor(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Older kernels lack the flags and buffer rings; a container may forbid any of the calls."""
    if missing == "SETUP_SINGLE_ISSUER":
        monkeypatch.setattr(receivers, missing, 1 << 30)
    else:
        monkeypatch.setattr(io_uring, missing, 4000)
    with socket.socket() as probe:
        lowest = probe.fileno()
    with pytest.raises(OSError, match=r"Invalid argument|Function not implemented"):
        Receiver()
    with socket.socket() as probe:
        assert probe.fileno() == lowest
