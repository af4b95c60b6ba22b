"""Asking for the past on the bench: people whose clients know history, and what they are answered."""

import re

from app.wire.line import Line, parse
from tests.engine import account_clients, scenes
from tests.engine.harness import EngineHarness, HarnessClient

CAPS = ("batch", "server-time", "message-tags", "draft/chathistory", "labeled-response", "echo-message")
PLAYBACK = (*CAPS, "draft/event-playback")


def gather(bench: EngineHarness, room: str, *names: str, caps: tuple[str, ...] = CAPS) -> list[HarnessClient]:
    """Let people with history come and enter a room; what they heard so far is forgotten."""
    for name in names:
        if name not in bench.people:
            bench.connect(name, *caps)
    return scenes.gather(bench, room, *names)


def enter(bench: EngineHarness, nick: str, name: str) -> HarnessClient:
    """Connect as somebody with an account whose client knows history; the welcome is forgotten."""
    return account_clients.enter(bench, nick, name, *CAPS)


def page(person: HarnessClient, question: str) -> list[Line]:
    """Ask for history and return what is in the batch, which is all that comes."""
    first, *lines, last = map(parse, person.ask(f"CHATHISTORY {question}"))
    name = first.params[0].removeprefix("+")
    assert re.fullmatch("[A-Za-z0-9-]+", name)
    assert (first.command, last.command, last.params) == ("BATCH", "BATCH", [f"-{name}"])
    assert all(line.tags.pop("batch") == name for line in lines)
    assert first.params[1:] == ["chathistory", question.split(" ")[1]]
    return lines


def texts(person: HarnessClient, question: str) -> list[str]:
    """Ask for history and return the last parameter of every line."""
    return [line.params[-1] for line in page(person, question)]


def say(person: HarnessClient, target: str, *words: str) -> list[Line]:
    """Say things and return their echoes."""
    return [parse(person.ask(f"PRIVMSG {target} :{word}")[0]) for word in words]
