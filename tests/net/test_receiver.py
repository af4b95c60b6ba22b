"""What is sent to any of many sockets is received once, in order, and so is their end."""

import errno
import socket
import struct
from collections.abc import Iterator
from contextlib import closing

import pytest

from app.net.kernel import io_uring
from app.net.receive import receiver as receivers
from app.net.receive.receiver import BUFFER_BYTES, BUFFERS, Received, Receiver

Pairs = list[tuple[socket.socket, socket.socket]]
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close at once, with a reset


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    try:
        made = Receiver()
    except OSError as error:
        pytest.skip(f"There is no io_uring here that can receive: {error}")
    with closing(made):
        yield made


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    made = [socket.socketpair() for _ in range(40)]
    yield made
    for pair in made:
        for end in pair:
            end.close()


def gathered(receiver: Receiver, armed: list[int], count: int) -> dict[int, Received]:
    """Arm sockets and wait until so many have something."""
    found: dict[int, Received] = {}
    while len(found) < count:
        for descriptor, received in receiver.receive(armed, 1):
            assert descriptor not in found
            found[descriptor] = received
        armed = []
    return found


def test_every_armed_socket_receives_its_data(receiver: Receiver, pairs: Pairs) -> None:
    ears = [ours.fileno() for ours, _ in pairs]
    for turn in range(120):  # often enough that the queues and the buffers begin again
        for number, (_, theirs) in enumerate(pairs):
            theirs.sendall(f"{turn} from {number}".encode())
        texts = [f"{turn} from {number}".encode() for number in range(40)]
        assert gathered(receiver, ears, 40) == dict(zip(ears, texts, strict=True))


def test_unarmed_socket_receives_nothing(receiver: Receiver, pairs: Pairs) -> None:
    (armed, talker), (_, other) = pairs[:2]
    other.sendall(b"not yet")
    talker.sendall(b"now")
    assert gathered(receiver, [armed.fileno()], 1) == {armed.fileno(): b"now"}
    talker.sendall(b"more")
    assert receiver.receive([], 0) == []


def test_more_sockets_than_buffers_all_receive(receiver: Receiver) -> None:
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(BUFFERS + 50)]
    ears = {ours.fileno(): number for number, (ours, _) in enumerate(pairs)}
    try:
        assert receiver.receive(list(ears), 0) == []
        for number, (_, theirs) in enumerate(pairs):
            theirs.sendall(b"%d" % number)
        assert gathered(receiver, [], len(pairs)) == {ear: b"%d" % number for ear, number in ears.items()}
    finally:
        for pair in pairs:
            for end in pair:
                end.close()


def test_data_longer_than_a_buffer_arrives_in_order(receiver: Receiver, pairs: Pairs) -> None:
    ours, theirs = pairs[0]
    data = bytes(range(256)) * (3 * BUFFER_BYTES // 256) + b"end"
    theirs.sendall(data)
    heard = b""
    while len(heard) < len(data):
        (received,) = gathered(receiver, [ours.fileno()], 1).values()
        assert isinstance(received, bytes)
        heard += received
    assert heard == data


def test_end_of_file_is_empty_and_reset_is_an_error(receiver: Receiver, pairs: Pairs) -> None:
    ours, theirs = pairs[0]
    with socket.create_server(("127.0.0.1", 0)) as server:
        rude = socket.create_connection(server.getsockname())
        with server.accept()[0] as reset:
            receiver.receive([ours.fileno(), reset.fileno()], 0)
            theirs.close()
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            rude.close()
            found = gathered(receiver, [], 2)
            assert found[ours.fileno()] == b""
            fault = found[reset.fileno()]
            assert isinstance(fault, OSError)
            assert fault.errno == errno.ECONNRESET


@pytest.mark.parametrize("missing", ["SETUP", "REGISTER", "ENTER", "SETUP_SINGLE_ISSUER"])
def test_failed_setup_leaks_no_descriptor(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """An older kernel knows neither the flags nor the buffers; a container may forbid any of the calls."""
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
