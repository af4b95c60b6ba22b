"""Random histories of a simulation."""

from collections.abc import Sequence
from itertools import chain

from hypothesis import strategies as st

from tests.engine.simulation.databases import ACCOUNTS, NODES
from tests.engine.simulation.faults import Fault
from tests.engine.simulation.simulation import Step
from tests.engine.simulation.steps import (
    Connect,
    CutOff,
    Cycle,
    Drop,
    Fail,
    HangUp,
    Kill,
    Notify,
    Pause,
    Restore,
    Resume,
    Send,
    Start,
    Wait,
)

MAX_MOVES = 40
NODE = st.sampled_from(sorted(NODES))
CLIENT = st.sampled_from([0, 0, 1, 2])
NICK = st.sampled_from(["anna", "anna", "bob", "Anna", "carol", "dora"])
LINES = st.sampled_from(
    "JOIN #tea|JOIN #wine|PRIVMSG #tea :%|PRIVMSG #tea :%|PRIVMSG #tea :%|PRIVMSG #wine :%|PRIVMSG #wine :%|"
    "PART #tea|PART #tea :tired|PRIVMSG anna :%|PRIVMSG bob :%|NICK anna|NICK bob|NICK dora|TOPIC #tea :%|"
    "KICK #tea anna|KICK #tea bob|KICK #tea carol|NAMES #tea|WHOIS anna|QUIT|PING :%".split("|")
)
Steps = tuple[Step, ...]


def _send(node: str, client: int, line: str) -> Steps:
    return Send(node, client, line), Cycle(node)


def _connect(node: str, nick: str) -> Steps:
    """Connect as a guest, or as the owner of the account with that name."""
    account = nick if nick in ACCOUNTS else None
    return Connect(node, nick, account), Send(node, -1, "JOIN #tea,#wine"), Cycle(node)


def _fail(node: str, fault: Fault, after: int, only_commits: bool, client: int, line: str) -> Steps:
    return Fail(node, fault, after, only_commits), *_send(node, client, line)


def _overtake(
    nodes: Sequence[str], fault: Fault, lines: Sequence[str], others: Sequence[str], client: int
) -> Steps:
    """Let a batch get stuck, others store theirs, and the node retry."""
    late, *early = nodes
    overtaking = [step for node, line in zip(early, others, strict=False) for step in _send(node, 0, line)]
    sent = [Send(late, client, line) for line in lines]
    return Fail(late, fault, 0, True), *sent, Cycle(late), *overtaking, Wait(150), Cycle(late)


def _alone(step: Step) -> Steps:
    return (step,)


DEEDS = st.one_of(
    st.builds(_send, NODE, CLIENT, LINES),
    st.builds(_send, NODE, CLIENT, LINES),
    st.builds(Send, NODE, CLIENT, LINES).map(_alone),
    st.builds(_connect, NODE, NICK),
    st.builds(Cycle, NODE).map(_alone),
    st.builds(Wait, st.sampled_from([150, 150, 400, 1_100])).map(_alone),
)
FAULTS = st.one_of(
    st.builds(_fail, NODE, st.sampled_from(Fault), st.just(0), st.just(True), CLIENT, LINES),
    st.builds(_fail, NODE, st.sampled_from(Fault), st.integers(0, 14), st.just(False), CLIENT, LINES),
    st.builds(lambda node, index: (Notify(node, index), Cycle(node)), NODE, st.integers(0, 3)),
)
OVERTAKINGS = st.builds(
    _overtake,
    st.permutations(sorted(NODES)),
    st.sampled_from(Fault),
    st.lists(LINES, min_size=1, max_size=2),
    st.lists(LINES, min_size=1, max_size=2),
    CLIENT,
)
TROUBLES = st.one_of(
    st.builds(Wait, st.sampled_from([3_000, 5_000])).map(_alone),
    *[st.builds(kind, NODE).map(_alone) for kind in (CutOff, Restore, Drop, Pause, Resume, Kill, Start)],
    st.builds(HangUp, NODE, CLIENT).map(_alone),
)


def _join(opening: Steps, steps: Sequence[Steps]) -> Sequence[Step]:
    return list(chain(opening, *steps))


USERS = {"a": "anna", "b": "bob", "c": "carol"}
OPENINGS = st.sampled_from(
    [
        [step for node in nodes for step in (Start(node), *_connect(node, USERS[node]))]
        for nodes in ("ab", "abc", "bca")
    ]
)
KINDS = [DEEDS] * 4 + [FAULTS, OVERTAKINGS] + [TROUBLES] * 2
MOVES = st.sampled_from(KINDS).flatmap(lambda kind: kind)
HISTORIES = st.builds(_join, OPENINGS, st.lists(MOVES, min_size=5, max_size=MAX_MOVES))
