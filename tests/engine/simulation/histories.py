"""Random histories of a simulation."""

from collections.abc import Callable, Sequence
from itertools import chain

from hypothesis import strategies as st

from tests.engine.simulation.database.databases import ACCOUNTS, NODES
from tests.engine.simulation.database.faults import Fault
from tests.engine.simulation.simulation import Step
from tests.engine.simulation.steps import (
    LONG_STALL,
    SHORT_STALL,
    Answer,
    Connect,
    CutOff,
    Cycle,
    CycleAhead,
    DecideCommit,
    Drop,
    Fail,
    FailingStart,
    FailOver,
    FillNode,
    HangUp,
    Kill,
    KillUser,
    Notify,
    Pause,
    Restore,
    Resume,
    Send,
    SetClock,
    Start,
    Wait,
)

MAX_MOVES = 40
CROWDED = 4  # clients of a node, so that it keeps the log's lock for those that wait
NODE = st.sampled_from(sorted(NODES))
CLIENT = st.sampled_from([0, 0, 1, 2])
NICK = st.sampled_from(["anna", "anna", "bob", "Anna", "carol", "dora", "dora"])
STALL = st.sampled_from([SHORT_STALL, SHORT_STALL, LONG_STALL])
PAUSE = st.sampled_from([150, 400, 2_500, 5_000])
SKEW = st.sampled_from([0, 900, -900, 3_000, -3_000])
SETTINGS_OF_CLOCK = st.sampled_from([0, 700, -1_900, 5_000, -5_000, 3_600_000, -3_600_000])
LINES = st.sampled_from(
    "JOIN #tea|JOIN #wine|PRIVMSG #tea :%|PRIVMSG #tea :%|PRIVMSG #tea :%|PRIVMSG #wine :%|PRIVMSG #wine :%|"
    "PART #tea|PART #tea :tired|PRIVMSG anna :%|PRIVMSG bob :%|NICK anna|NICK bob|NICK dora|TOPIC #tea :%|"
    "KICK #tea anna|KICK #tea bob|KICK #tea carol|NAMES #tea|NAMES #wine|WHOIS anna|QUIT|PING :%|"
    "INVITE carol #wine|INVITE anna #tea|INVITE bob #wine|MODE #wine +i|MODE #wine -i|KILL anna :%|KILL bob :%|"
    "KILL carol :%|NICK ANNA|NICK carol|@+typing=% TAGMSG #tea|@+typing=% TAGMSG #tea|@+typing=% TAGMSG #wine".split(
        "|"
    )
)
Steps = tuple[Step, ...]


def _send(node: str, client: int, line: str) -> Steps:
    return Send(node, client, line), Cycle(node)


def _connect(node: str, nick: str) -> Steps:
    """Connect as a guest, or as the owner of the account with that name."""
    account = nick if nick in ACCOUNTS else None
    return Connect(node, nick, account), Send(node, -1, "JOIN #tea,#wine"), Cycle(node)


def _fail(
    node: str, fault: Fault, after: int, only_commits: bool, stall: int, client: int, line: str
) -> Steps:
    return Fail(node, fault, after, only_commits, stall), *_send(node, client, line)


def _pause(node: str, after: int, client: int, line: str) -> Steps:
    """Stop the process as it begins to store something, for longer than a lease."""
    return _fail(node, Fault.PAUSE, after, False, LONG_STALL, client, line)


def _isolate(nodes: Sequence[str], client: int, lines: Sequence[str]) -> Steps:
    """Cut a node off until the others have removed it, while its users go on."""
    late, *others = nodes
    meanwhile = (Wait(1_100), *(Cycle(other) for other in others)) * 6
    return CutOff(late), *meanwhile, *(Send(late, client, line) for line in lines), Cycle(late)


def _type(node: str, client: int, room: str, other: str, fault: Fault | None) -> Steps:
    """Join and type in one batch; another node hears of it, and may fail to read the log."""
    sent = Send(node, client, f"JOIN {room}"), Send(node, client, f"@+typing=% TAGMSG {room}")
    trouble = () if fault is None else (Fail(other, fault, 0),)
    return *sent, Cycle(node), Notify(other, -1), *trouble, Cycle(other)


def _fail_over(
    nodes: Sequence[str], fault: Fault, line: str, later: str, lost: int, skew: int, client: int
) -> Steps:
    """Replace the database while a commit is in doubt, and go on."""
    late, other, *_ = nodes
    failed = Fail(late, fault, 0, True), *_send(late, client, line)
    return *failed, FailOver(lost, skew), Wait(150), *_send(other, 0, later), Cycle(late)


def _suspend(nodes: Sequence[str], line: str, others: str, pause: int, is_done: bool, client: int) -> Steps:
    """Suspend a commit; let others try to go on, and the node look for what it has decided."""
    late, other, *_ = nodes
    failed = Fail(late, Fault.SUSPENSION, 0, True), *_send(late, client, line)
    tried = *_send(other, 0, others), Wait(pause), Cycle(late)
    return *failed, *tried, DecideCommit(is_done), Cycle(other), Cycle(late)


def _decide_ahead(node: str, deeds: Sequence[tuple[int, str, Callable[[str], Steps]]]) -> Steps:
    """Decide while commits are under way; between the cycles, something else happens."""
    steps: list[Step] = [FillNode(node, CROWDED)]
    for client, line, interfere in deeds:
        steps += [Send(node, client, line), CycleAhead(node), *interfere(node)]
    return *steps, Answer(node), Cycle(node)


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
    st.builds(_fail, NODE, st.sampled_from(Fault), st.just(0), st.just(True), STALL, CLIENT, LINES),
    st.builds(_fail, NODE, st.sampled_from(Fault), st.integers(0, 14), st.just(False), STALL, CLIENT, LINES),
    st.builds(_pause, NODE, st.integers(0, 2), CLIENT, LINES),
    st.builds(lambda node, index: (Notify(node, index), Cycle(node)), NODE, st.integers(-1, 3)),
    st.builds(
        _type, NODE, CLIENT, st.sampled_from(["#tea", "#wine"]), NODE, st.none() | st.sampled_from(Fault)
    ),
)
FAILOVERS = st.one_of(
    st.builds(
        _fail_over,
        st.permutations(sorted(NODES)),
        st.sampled_from(Fault),
        LINES,
        LINES,
        st.integers(0, 4),
        SKEW,
        CLIENT,
    ),
    st.builds(_suspend, st.permutations(sorted(NODES)), LINES, LINES, PAUSE, st.booleans(), CLIENT),
    st.builds(FailOver, st.integers(0, 3), SKEW).map(_alone),
    st.builds(_isolate, st.permutations(sorted(NODES)), CLIENT, st.lists(LINES, min_size=1, max_size=3)),
)
MESSAGES = st.sampled_from(["PRIVMSG #tea :%", "PRIVMSG #wine :%", "PRIVMSG bob :%", "PRIVMSG anna :%"])
INTERFERENCES = st.one_of(  # with a commit that is under way
    st.just(lambda node: (CycleAhead(node),)),
    st.just(lambda node: (Answer(node),)),
    st.builds(lambda other: lambda node: (Cycle(other),), NODE),
    st.builds(lambda other, line: lambda node: _send(other, 0, line), NODE, LINES),
    st.builds(lambda milliseconds: lambda node: (Wait(milliseconds),), st.sampled_from([5, 20, 150, 1_100])),
    st.builds(lambda is_committed: lambda node: (DecideCommit(is_committed),), st.booleans()),
    st.builds(
        lambda fault, stall: lambda node: (Fail(node, fault, 0, True, stall), Answer(node)),
        st.sampled_from(Fault),
        STALL,
    ),
    st.builds(lambda lost, skew: lambda node: (FailOver(lost, skew),), st.integers(0, 3), SKEW),
    st.sampled_from([lambda node: (CutOff(node),), lambda node: (Kill(node), Start(node))]),
)
AHEAD = st.builds(
    _decide_ahead,
    NODE,
    st.lists(
        st.tuples(st.integers(0, 3), MESSAGES | MESSAGES | LINES, INTERFERENCES), min_size=2, max_size=6
    ),
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
    st.builds(SetClock, NODE, SETTINGS_OF_CLOCK).map(_alone),
    st.builds(DecideCommit, st.booleans()).map(_alone),
    st.builds(KillUser, NICK).map(_alone),
    st.builds(FailingStart, NODE, st.sampled_from(Fault), st.integers(0, 40)).map(_alone),
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
    + [
        [Start("b"), *_connect("b", "bob"), Start("a"), *chain(*(_connect("a", name) for name in names))]
        for names in (["anna", "carol", "dora"], ["anna", "anna", "carol"])
    ]
)
KINDS = [DEEDS] * 4 + [FAULTS, OVERTAKINGS, FAILOVERS] + [AHEAD] * 2 + [TROUBLES] * 2
MOVES = st.sampled_from(KINDS).flatmap(lambda kind: kind)
HISTORIES = st.builds(_join, OPENINGS, st.lists(MOVES, min_size=5, max_size=MAX_MOVES))
