"""When many talk, one thread receives for all of them; they notice nothing of it, but that it is quicker."""

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
def always(server_options: dict[str, int]) -> None:
    """Let the receive loop receive for every client that sends quick commands."""
    server_options["receive_loop_threshold"] = ALWAYS


def conversation(chat: RunningServer) -> list[str]:
    """Say things to a server, each when the one before was answered, then all at once; return what was heard."""
    heard: list[str] = []
    with SocketClient(chat.port) as alice, SocketClient(chat.port) as bob:
        alice.register("alice", "draft/chathistory", "echo-message")
        bob.register("bob")
        for line in CONVERSATION:
            alice.send(line)
            heard += [*alice.fence(), *bob.fence()]
        alice.send("NICK alice", "PART #tea", *CONVERSATION)
        heard += [*alice.fence(), *bob.fence()]
        alice.send("QUIT :bye")
        return [*heard, *alice.rest(), *bob.hears("QUIT")]


def test_replies_are_the_same_as_from_a_reader(serve: Serve) -> None:
    told = []
    for threshold in (NEVER, ALWAYS):
        chat = serve(receive_loop_threshold=threshold)
        told.append(conversation(chat))
        chat.close()
    assert told[0] == told[1]
    assert len(told[0]) > 80


def test_forty_busy_clients_keep_their_message_order(serve: Serve) -> None:
    """With so many, the server itself decides who receives for whom, and changes its mind all the time."""
    chat = serve()
    listener = chat.connect("listener")
    people = [chat.connect(f"person{number}") for number in range(40)]
    listener.fence()
    for turn in range(25):
        for person in people:
            person.send(f"PRIVMSG #general :{turn}")
        if turn % 5 == 0:
            people[turn].send("CHATHISTORY LATEST #general * 1", "JOIN #tea")
    for person in people:
        person.fence()
    heard = [line.split(" ") for line in listener.fence() if " PRIVMSG " in line]
    for person in people:
        said = [text for source, _, _, text in heard if source.startswith(f":{person.nick}!")]
        assert said == [f":{turn}" for turn in range(25)]


def test_line_waits_until_the_previous_one_is_stored(
    always: None, chat: RunningServer, clock: MovedClock, tmp_path: Path
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
        clock.instant += 1_000  # the next attempt
    finally:
        writer.close()
    assert [line[-4:] for line in bob.hears(":two")] == [":one", ":two"]
    assert alice.fence() == []


def test_line_that_fails_in_the_loop_falls_back_to_its_reader(
    always: None, chat: RunningServer, monkeypatch: pytest.MonkeyPatch
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
        pytest.skip("There is no io_uring here that can receive")
    receive_loop.call("nonsense")  # type: ignore[arg-type]
    assert failed.wait(10)
    assert receive_loop.has_failed
    assert "The receive loop failed" in caplog.text
    receive_loop.finish()
    receive_loop.join(10)


def test_readers_receive_directly_without_io_uring(always: None, serve: Serve) -> None:
    chat = serve(io_uring=False)
    alice, bob = chat.connect("alice"), chat.connect("bob")
    for text in (":one", ":two"):
        alice.send(f"PRIVMSG #general {text}")
        assert bob.line().endswith(text)
