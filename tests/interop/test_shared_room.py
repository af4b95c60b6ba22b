"""Two users on two terminals, one with irssi: nothing they saw is lost by kill -9."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.interop.clients.irssi import Irssi
from tests.interop.clients.terminal import TmuxTerminal
from tests.interop.conftest import StartIrssi, admin
from tests.process.server_process import Server

pytestmark = pytest.mark.clients

LINES = 200  # typed by each
BURST = 20  # of them at once
SOME = 20  # lines of the other that are on the screen when the server is killed

IN_IRSSI = re.compile(r"<[ @+]?(\S+)> (.*)")
IN_CHAT_CLIENT = re.compile(r"\[[^]]+\] (\S+): (.*)")

Said = tuple[str, str]  # who, what
GREETING: Said = ("peer", "welcome back")


def said(pattern: re.Pattern[str], lines: Iterable[str]) -> list[Said]:
    """Extract messages from displayed lines."""
    found = (pattern.fullmatch(line.rstrip()) for line in lines)
    return [(match[1], match[2]) for match in found if match]


def seen_by_bob(bob: TmuxTerminal) -> list[Said]:
    """Return the messages as `chat-client` shows them."""
    return said(IN_CHAT_CLIENT, bob.roll())


def seen_by_irma(irma: Irssi) -> list[Said]:
    """Return the messages as irssi shows them, including those typed there."""
    return said(IN_IRSSI, irma.log("#general"))


def number_of_joins(irma: Irssi) -> int:
    """Return how often irma has joined the room; the screen is too short to show it for long."""
    return sum("irma [~irma@127.0.0.1] has joined #general" in line for line in irma.log("#general"))


def stored(folder: Path) -> list[Said]:
    """Return the stored messages."""
    rows = json.loads(admin(folder, "history", "show", "#general", "-n", "10000", "--json"))
    return [(row["nick"], row["text"]) for row in rows]


def is_part(some: list[Said], whole: list[Said]) -> bool:
    """Whether a sequence is a subsequence of another."""
    rest = iter(whole)
    return all(one in rest for one in some)


def talk(irma: Irssi, bob: TmuxTerminal) -> None:
    """Let both clients type many lines, returning while they do."""
    for start in range(0, LINES, BURST):
        numbers = range(start, start + BURST)
        bob.type(*(f"milk {number}" for number in numbers))
        irma.type(*(f"tea {number}" for number in numbers))
    bob.until(lambda _: sum(who == "irma" for who, _ in seen_by_bob(bob)) >= SOME, "what irma says")


def test_two_stock_clients_recover_from_kill_9(
    folder: Path, password_file: Path, irssi: StartIrssi, chat_client: Callable[..., TmuxTerminal]
) -> None:
    admin(folder, "user", "create", "bob", "--password-file", password_file)
    with Server(folder) as server:
        port = server.port
        irma = irssi(port, "irma")
        irma.shows("[Act: 2]")
        irma.window(2)
        bob = chat_client(port, "bob", password_file)
        irma.shows("bob [~bob@127.0.0.1] has joined #general")
        bob.shows("#general: 2 members")
        talk(irma, bob)
        server.kill()
    bob.shows("Connection lost")
    before_bob = seen_by_bob(bob)
    before_irma = seen_by_irma(irma)

    with Server(folder, "-p", str(port)) as server:
        bob.until(lambda _: any("Reconnected" in line for line in bob.roll()), "Reconnected")
        irma.until(lambda _: number_of_joins(irma) == 2, "irma’s second JOIN")
        server.connect("peer").send("PRIVMSG #general :welcome back")
        bob.until(lambda _: GREETING in seen_by_bob(bob), "the greeting")
        irma.until(lambda _: GREETING in seen_by_irma(irma), "the greeting")
        bob.until(lambda _: seen_by_bob(bob) == stored(folder), "the whole history")  # he may still be typing
        history = stored(folder)
    assert before_bob == history[: len(before_bob)]
    assert is_part([line for line in before_irma if line[0] != "irma"], history)
    assert seen_by_bob(bob) == history
    assert not [line for line in bob.roll() if line.startswith(("tea", "milk"))], "typing tears nothing"
    assert len(set(history)) == len(history)
    heard_by_irma = [line for line in seen_by_irma(irma) if line[0] != "irma"]
    assert is_part(heard_by_irma, history), "nothing is shown twice"
    assert GREETING in heard_by_irma
