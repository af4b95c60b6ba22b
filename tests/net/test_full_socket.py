"""What a full socket does not take waits, and what comes meanwhile follows it; behind all of it is the end."""

import socket
import ssl

import pytest

from tests.net.conftest import Serve
from tests.net.running_server import RunningServer
from tests.process.socket_client import SocketClient

PLENTY = 1 << 28
QUESTIONS = 10_000  # whose answers are more than the buffers of the kernel hold


def filled(chat: RunningServer, tls: bool) -> tuple[SocketClient, SocketClient]:
    """Return somebody for whom bytes wait that the socket does not take, and somebody else."""
    slow, alice = chat.connect("slow", receive_buffer=4096, tls=tls), chat.connect("alice")
    slow.send(*["HELP"] * QUESTIONS, "PRIVMSG alice :I do not listen")
    alice.hears("listen")  # by the same flusher, which has taken the answers before it
    return slow, alice


@pytest.mark.parametrize("io_uring", [True, False])
@pytest.mark.parametrize("tls", [True, False])
def test_messages_queued_behind_a_full_socket_stay_in_order(serve: Serve, io_uring: bool, tls: bool) -> None:
    slow, alice = filled(serve(flushers=1, sendq=PLENTY, io_uring=io_uring), tls)
    alice.send("PRIVMSG slow :You hear me")
    alice.fence()
    assert slow.hears("You hear")[-1].endswith(" PRIVMSG slow :You hear me")


def test_close_notify_follows_queued_data(serve: Serve) -> None:
    slow, alice = filled(serve(flushers=1, sendq=PLENTY), tls=True)
    assert isinstance(slow.socket, ssl.SSLSocket)
    slow.socket.suppress_ragged_eofs = False  # type: ignore[attr-defined]
    socket.socket.shutdown(slow.socket, socket.SHUT_WR)
    alice.hears("QUIT")
    while slow.socket.recv(65536):  # at a cut this raises an error
        pass


@pytest.mark.parametrize("tls", [True, False])
def test_last_line_follows_all_queued_data(chat: RunningServer, tls: bool) -> None:
    alice = chat.connect("alice", tls=tls)
    alice.send(*["HELP"] * 400, "QUIT :bye")
    assert alice.rest()[-1] == "ERROR :Quit: bye"
