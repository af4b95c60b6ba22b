"""The receive loop: one thread that receives for all connections when the server is busy."""

import sqlite3
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import pytest

from app.commands.requests import parse_request
from app.net.receive import submission
from app.net.receive.receive_loop import ReceiveLoop
from tests.conftest import MovedClock
from tests.net.conftest import ALWAYS, NEVER, Serve
from tests.net.running_server import RunningServer
from tests.process.socket_client import SocketClient

CONVERSATION = [
    "PRIVMSG #general :one",
    "PING two\r\nPRIVMSG #general :three\r\nPING four",
    "CHATHISTORY LATEST #general * 2",
    "PRIVMSG #general :" + "x" * 600,
    "PRIVMSG #general :five",
    "JOIN #tea,#coffee",
    "PRIVMSG #tea :six",
    "NONSENSE",
    "",
    "PRIVMSG nobody :seven",
    "\r\n".join(f"PRIVMSG #coffee :{number} {'y' * 100}" for number in range(20)),
    "NICK alicia",
    "NAMES #tea",
    "PART #coffee :eight",
    "PRIVMSG #general :nine",
]


@pytest.fixture
def always_use_receive_loop(server_options: dict[str, int]) -> None:
    """Use the receive loop for every client that sends quick commands."""
    server_options["receive_loop_threshold"] = ALWAYS


def run_conversation(chat: RunningServer) -> list[str]:
    """Send the conversation line by line, then all at once; return the received lines."""
    lines: list[str] = []
    with SocketClient(chat.port) as alice, SocketClient(chat.port) as bob:
        alice.register("alice", "draft/chathistory", "echo-message")
        bob.register("bob")
        for line in CONVERSATION:
            alice.send(line)
            lines += [*alice.fence(), *bob.fence()]
        alice.send("NICK alice", "PART #tea", *CONVERSATION)
        lines += [*alice.fence(), *bob.fence()]
        alice.send("QUIT :bye")
        return [*lines, *alice.rest(), *bob.hears("QUIT")]


def test_replies_are_the_same_as_from_a_reader(serve: Serve) -> None:
    transcripts = []
    for threshold in (NEVER, ALWAYS):
        chat = serve(receive_loop_threshold=threshold)
        transcripts.append(run_conversation(chat))
        chat.close()
    assert transcripts[0] == transcripts[1]
    assert len(transcripts[0]) > 80


def test_forty_busy_clients_keep_their_message_order(serve: Serve) -> None:
    """With the default threshold, connections move between readers and the receive loop."""
    chat = serve()
    listener = chat.connect("listener")
    clients = [chat.connect(f"person{number}") for number in range(40)]
    listener.fence()
    for turn in range(25):
        for client in clients:
            client.send(f"PRIVMSG #general :{turn}")
        if turn % 5 == 0:
            clients[turn].send("CHATHISTORY LATEST #general * 1", "JOIN #tea")
    for client in clients:
        client.fence()
    lines = [line.split(" ") for line in listener.fence() if " PRIVMSG " in line]
    for client in clients:
        texts = [text for source, _, _, text in lines if source.startswith(f":{client.nick}!")]
        assert texts == [f":{turn}" for turn in range(25)]


def test_line_waits_until_the_previous_one_is_stored(
    always_use_receive_loop: None, chat: RunningServer, clock: MovedClock, tmp_path: Path
) -> None:
    alice, bob = chat.connect("alice"), chat.connect("bob")
    alice.send("PRIVMSG #general :zero")
    bob.hears(":zero")
    alice.fence()
    writer = sqlite3.connect(tmp_path / "chat.db", isolation_level=None)
    try:
        writer.execute("BEGIN IMMEDIATE")
        alice.send("PRIVMSG #general :one")
        assert bob.fence() == []
        alice.send("PRIVMSG #general :two")
        assert bob.fence() == []
        writer.execute("ROLLBACK")
        clock.instant += 1_000  # until the next attempt
    finally:
        writer.close()
    assert [line[-4:] for line in bob.hears(":two")] == [":one", ":two"]
    assert alice.fence() == []


def test_line_that_fails_in_the_loop_falls_back_to_its_reader(
    always_use_receive_loop: None, chat: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[Any] = []

    def fail_in_loop(commands: Any, frame: Any) -> Any:
        if current_thread().name == "receive-loop":
            failures.append(frame)
            raise ZeroDivisionError
        return parse_request(commands, frame)

    alice, bob = chat.connect("alice"), chat.connect("bob")
    for peer in (alice, bob):
        peer.fence()
    monkeypatch.setattr(submission, "parse_request", fail_in_loop)
    alice.send("PRIVMSG #general :still heard")
    assert bob.line().endswith(":still heard")
    assert alice.fence() == []
    assert "PRIVMSG #general :still heard" in failures


def test_receive_loop_failure_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    failed = Event()
    receive_loop = ReceiveLoop(use_io_uring=True)
    if not receive_loop.start(failed.set):
        pytest.skip("io_uring cannot receive on this system")
    receive_loop.call("nonsense")  # type: ignore[arg-type]
    assert failed.wait(10)
    assert receive_loop.has_failed
    assert "The receive loop failed" in caplog.text
    receive_loop.finish()
    receive_loop.join(10)


def test_readers_receive_directly_without_io_uring(always_use_receive_loop: None, serve: Serve) -> None:
    chat = serve(io_uring=False)
    alice, bob = chat.connect("alice"), chat.connect("bob")
    for text in (":one", ":two"):
        alice.send(f"PRIVMSG #general {text}")
        assert bob.line().endswith(text)
