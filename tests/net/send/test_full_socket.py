"""Output that a full socket does not accept is queued and stays in order."""

import socket
import ssl

import pytest

from tests.net.conftest import Serve
from tests.net.running_server import RunningServer
from tests.process.socket_client import SocketClient

LARGE_SENDQ_BYTES = 1 << 28
COMMANDS = 10_000  # whose replies exceed the buffers of the kernel


def fill_socket(chat: RunningServer, tls: bool) -> tuple[SocketClient, SocketClient]:
    """Return a client with data queued behind its full socket, and another client."""
    slow, alice = chat.connect("slow", receive_buffer=4096, tls=tls), chat.connect("alice")
    slow.send(*["HELP"] * COMMANDS, "PRIVMSG alice :I do not read")
    alice.hears("not read")  # from the same flusher, so the replies are queued
    return slow, alice


@pytest.mark.parametrize("io_uring", [True, False])
@pytest.mark.parametrize("tls", [True, False])
def test_messages_queued_behind_a_full_socket_stay_in_order(serve: Serve, io_uring: bool, tls: bool) -> None:
    slow, alice = fill_socket(serve(flushers=1, sendq=LARGE_SENDQ_BYTES, io_uring=io_uring), tls)
    alice.send("PRIVMSG slow :You hear me")
    alice.fence()
    assert slow.hears("You hear")[-1].endswith(" PRIVMSG slow :You hear me")


def test_close_notify_follows_queued_data(serve: Serve) -> None:
    slow, alice = fill_socket(serve(flushers=1, sendq=LARGE_SENDQ_BYTES), tls=True)
    assert isinstance(slow.socket, ssl.SSLSocket)
    slow.socket.suppress_ragged_eofs = False  # type: ignore[attr-defined]
    socket.socket.shutdown(slow.socket, socket.SHUT_WR)
    alice.hears("QUIT")
    while slow.socket.recv(65536):  # raises an error without close_notify
        pass


@pytest.mark.parametrize("tls", [True, False])
def test_last_line_follows_all_queued_data(chat: RunningServer, tls: bool) -> None:
    alice = chat.connect("alice", tls=tls)
    alice.send(*["HELP"] * 400, "QUIT :bye")
    assert alice.rest()[-1] == "ERROR :Quit: bye"
