"""Clients with history capabilities, and helpers to request pages."""

import re

from app.wire.line import Line, parse
from tests.engine import account_clients, scenes
from tests.engine.harness import EngineHarness, HarnessClient

CAPS = ("batch", "server-time", "message-tags", "draft/chathistory", "labeled-response", "echo-message")
PLAYBACK = (*CAPS, "draft/event-playback")


def gather(bench: EngineHarness, room: str, *names: str, caps: tuple[str, ...] = CAPS) -> list[HarnessClient]:
    """Connect clients with history capabilities, join a room and discard what they received."""
    for name in names:
        if name not in bench.people:
            bench.connect(name, *caps)
    return scenes.gather(bench, room, *names)


def enter(bench: EngineHarness, nick: str, name: str) -> HarnessClient:
    """Connect with an account and history capabilities, and discard the welcome burst."""
    return account_clients.enter(bench, nick, name, *CAPS)


def page(person: HarnessClient, question: str) -> list[Line]:
    """Request history and return the lines of the batch, which is the whole reply."""
    first, *lines, last = map(parse, person.ask(f"CHATHISTORY {question}"))
    name = first.params[0].removeprefix("+")
    assert re.fullmatch("[A-Za-z0-9-]+", name)
    assert (first.command, last.command, last.params) == ("BATCH", "BATCH", [f"-{name}"])
    assert all(line.tags.pop("batch") == name for line in lines)
    assert first.params[1:] == ["chathistory", question.split(" ")[1]]
    return lines


def texts(person: HarnessClient, question: str) -> list[str]:
    """Request history and return the last parameter of every line."""
    return [line.params[-1] for line in page(person, question)]


def say(person: HarnessClient, target: str, *words: str) -> list[Line]:
    """Send messages and return their echoes."""
    return [parse(person.ask(f"PRIVMSG {target} :{word}")[0]) for word in words]
