"""Histories that once ended with a contradiction, or with lines in another order than the log."""

from collections.abc import Sequence

import pytest

from tests.engine.simulation.database.databases import ACCOUNTS, Databases
from tests.engine.simulation.database.faults import Fault
from tests.engine.simulation.simulation import Simulation, Step, check
from tests.engine.simulation.steps import (
    Connect,
    CutOff,
    Cycle,
    Fail,
    FailOver,
    KillUser,
    Notify,
    Restore,
    Send,
    Start,
    Wait,
)

RETRY = (Wait(150), Cycle("a"))


def sent(node: str, line: str, client: int = 0) -> tuple[Step, ...]:
    return Send(node, client, line), Cycle(node)


def stuck(line: str, client: int = 0) -> tuple[Step, ...]:
    """Node a decides a line, and loses the connection before it is stored."""
    return Fail("a", Fault.CUT, 0, only_commits=True), *sent("a", line, client)


def arrived(node: str, nick: str, client: int = 0) -> tuple[Step, ...]:
    account = nick if nick in ACCOUNTS else None
    return Connect(node, nick, account), *sent(node, "JOIN #tea", client)


OPENING = (Start("b"), Start("a"), *arrived("b", "bob"), *arrived("a", "anna"))
HISTORIES: dict[str, Sequence[Step]] = {
    "events of others arrive in two parts": (
        *sent("b", "PRIVMSG #tea :%"),
        *stuck("PRIVMSG #tea :%"),
        *sent("b", "PRIVMSG #tea :%"),
        *RETRY,
    ),
    "a message to a room from which a recipient was kicked": (
        *arrived("a", "carol", 1),
        Cycle("b"),
        *stuck("PRIVMSG #tea :%"),
        *sent("b", "KICK #tea carol"),
        *RETRY,
    ),
    "a join, and a message before it": (
        *sent("b", "JOIN #wine"),
        *stuck("JOIN #wine"),
        *sent("b", "PRIVMSG #wine :%"),
        *RETRY,
    ),
    "a join, and the end of a member before it": (
        *sent("b", "JOIN #wine"),
        *sent("b", "PART #tea"),
        *stuck("JOIN #wine"),
        *sent("b", "QUIT"),
        *RETRY,
    ),
    "a new nick, and a message to the old one before it": (
        Cycle("b"),
        *stuck("NICK dora"),
        *sent("b", "PRIVMSG anna :%"),
        *RETRY,
    ),
    "a user who was disconnected, but not yet in the log, when the node was lost": (
        KillUser("anna"),
        *stuck("NICK dora"),
        FailOver(lost=10, skew=0),
        *RETRY,
    ),
    "a user who was disconnected, but not yet in the log, when another node had the nick": (
        *arrived("a", "carol", 1),
        KillUser("anna"),
        *stuck("NICK dave", 1),
        *arrived("b", "dave", 1),
        *RETRY,
    ),
    "a typing notification in a batch whose answer was lost": (
        Fail("a", Fault.ANSWER_LOST, 0, only_commits=True),
        *sent("a", "@+typing=% TAGMSG #tea"),
        *RETRY,
        Notify("b", -1),
        Cycle("b"),
    ),
    "a typing notification that arrives while the log cannot be read": (
        *sent("b", "JOIN #wine"),
        Cycle("a"),
        Send("a", 0, "JOIN #wine"),
        *sent("a", "@+typing=% TAGMSG #wine"),
        Notify("b", -1),
        Fail("b", Fault.CUT, 0),
        Cycle("b"),
    ),
    "names asked of a node that was cut off for longer than its lease": (
        *arrived("a", "carol", 1),
        CutOff("a"),
        *sent("a", "PRIVMSG #tea :%"),
        *(Wait(1_100), Cycle("b")) * 5,
        *sent("a", "NAMES #tea", 1),
        Restore("a"),
    ),
    "a message to a nick that was changed before it": (
        *stuck("PRIVMSG bob :%"),
        *sent("b", "NICK rob"),
        *RETRY,
    ),
}


def test_opening_brings_two_users_together(databases: Databases) -> None:
    simulation = Simulation(databases)
    simulation.run(OPENING)
    members = [stay.nick for stay in simulation.reference.sessions.values() if stay.rooms]
    simulation.close()
    assert members == ["bob", "anna"]


@pytest.mark.parametrize("name", HISTORIES)
def test_history_ends_without_a_contradiction(databases: Databases, name: str) -> None:
    check(databases, [*OPENING, *HISTORIES[name]])
