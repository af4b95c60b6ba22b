"""Clients on several nodes receive what they would receive from a single server."""

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.events import msgid
from app.services.administration.admin_changes import AdminChange, Administrator
from app.wire.capabilities import CAPABILITIES
from tests.engine.account_clients import account, plain
from tests.engine.attacks.test_fuzz import no_faults
from tests.engine.cluster import Cluster, new_cluster
from tests.engine.deeds import LINES, WHERE, WHO, administer
from tests.engine.harness import HarnessClient
from tests.engine.nodes.evening import CHANGES, EVENING
from tests.story import Story

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("heaven")
SETTINGS = {"auto_join": ["#all"], "operators": {"god": HASH}, "always_on": "opt-in", "replay": 5}
ALL = " ".join(sorted(CAPABILITIES.keys() - {"labeled-response", "draft/metadata-2"}))
PLACES = {  # the node of each device: in a cluster, the users are on both nodes
    "anna": "a",
    "anna'": "b",
    "bob": "b",
    "bob'": "b",
    "carol": "a",
    "Анна": "b",
}
ADMIN = st.sampled_from(["admin", "user", "disable", "enable", "ban", "unban"])
QUERIES = st.one_of(
    st.sampled_from(
        ["LUSERS", "LIST", "WHO *", "MONITOR S", "MODE #tea", "MODE #tea b", "INVITE", "ISON anna bob"]
    ),
    WHO.map("WHOIS {}".format),
    WHERE.map("NAMES {}".format),
    WHERE.map("WHO {} %cuhsnfdar".format),
    WHERE.map("TOPIC {}".format),
)
ACTIONS = st.one_of(
    st.sampled_from(
        (
            "MONITOR + anna,bob,carol,evil",
            "SETNAME :Another name",
            "OPER god heaven",
            "MODE anna -o",
            "MODE bob +wB",
            "MODE carol -i",
            "WALLOPS :attention",
            "KILL bob :enough",
            "CHGHOST anna elsewhere.example",
            "KLINE 1h evil!*@* :spam",
            "UNKLINE evil!*@*",
            "SAJOIN #tea",
            "MARKREAD #tea timestamp=2026-11-22T12:00:05.123Z",
            "MARKREAD bob timestamp=2026-11-22T12:00:06.123Z",
            "METADATA * SUB color avatar soju.im/pinned",
            "METADATA #tea SET soju.im/pinned 1",
            "NOTICE @#tea :operators only",
            "PRIVMSG anna,bob,#tea :to several",
            "@+draft/react=x TAGMSG #tea",
            "@+draft/react=x TAGMSG anna",
            "BATCH +1 draft/multiline #tea\r\n@batch=1 PRIVMSG #tea :one\r\n@batch=1 PRIVMSG #tea :two\r\nBATCH -1",
            "NS SET ALWAYS-ON off",
        )
    ),
)
PLANS = st.lists(
    st.tuples(
        st.sampled_from(list(PLACES)),
        st.one_of(st.sampled_from(["connect", "hang up"]), LINES, LINES, ACTIONS, ACTIONS, QUERIES, ADMIN),
    ),
    max_size=40,
)
SHOWN = set(
    "JOIN PART KICK MODE TOPIC NICK AWAY ACCOUNT SETNAME CHGHOST INVITE RENAME WALLOPS QUIT ERROR TAGMSG PRIVMSG "
    "NOTICE MARKREAD 761 730 731 396 900 901 301 354 353 311 322 381".split(" ")
)
# What is random, or depends on positions in the log.
UNEQUAL = re.compile(r"msgid=\w+|Guest\d+|BATCH [+-]\w+|batch=\w+|REDACT \S+ \w+")
WELCOME = re.compile(r"(@\S+ )?:\S+ (00\d|25\d|26\d|320|37\d|422|NOTE) ")


class Stage:
    """The devices of some users, and the nodes that they are on."""

    def __init__(self, cluster: Cluster, places: Mapping[str, str]) -> None:
        self.cluster = cluster
        self.places = places
        self.people: dict[str, HarnessClient] = {}
        for name in sorted(set(places.values())):
            cluster.start(name)
        for name in ("anna", "bob"):
            account(cluster.nodes["a"], name)
        cluster.settle()

    def do(self, device: str, deed: str) -> dict[str, list[str]]:
        """Let a device do something, and return what all devices receive."""
        self.cluster.clock.instant += 1000
        person = self.people.get(device)
        if deed in CHANGES:
            self._administer(CHANGES[deed])
        elif deed in ("admin", "user", "disable", "enable", "ban", "unban"):
            administer(self.cluster.nodes["a"], device.removesuffix("'"), deed)
        elif deed == "connect" or person is None or person.client.is_closed:
            self._connect(device)
        elif deed == "hang up":
            person.hang_up()
        else:
            last = msgid(person.bench.core.runtime.ledger.last_id)
            person.send_bytes(f"{deed.replace('{last}', last)}\r\n".encode())
        self.cluster.settle()
        heard = {name: _comparable(other) for name, other in self.people.items()}
        if deed.startswith("KLINE"):  # users of other nodes quit after its reply
            heard[device].sort()
        return heard

    def _administer(self, decide: Callable[[Administrator], AdminChange]) -> None:
        Story(self.cluster.nodes["a"].database, self.cluster.clock).apply(decide, by="irc.example")

    def _connect(self, device: str) -> None:
        name = device.removesuffix("'")
        person = self.cluster.nodes[self.places[device]].dial(name)
        caps = "sasl" if device.endswith("'") else ALL
        person.send(f"CAP REQ :{caps}", "AUTHENTICATE PLAIN", *plain(name), "AUTHENTICATE *")
        person.send(f"NICK {name}", f"USER {name} 0 * :{name}", "CAP END")
        person.heard()
        self.people[device] = person


def _comparable(person: HarnessClient) -> list[str]:
    lines = (UNEQUAL.sub("", line) for line in person.heard())
    return [line for line in lines if not WELCOME.match(line)]


def check(plan: list[tuple[str, str]]) -> list[str]:
    """Assert that the clients of two nodes receive what those of one do; return all of it."""
    heard: list[str] = []
    with ExitStack() as stack:
        stack.enter_context(no_faults())
        single = Stage(stack.enter_context(new_cluster(**SETTINGS)), dict.fromkeys(PLACES, "a"))
        both = Stage(stack.enter_context(new_cluster(**SETTINGS)), PLACES)
        for device, deed in plan:
            expected = single.do(device, deed)
            assert both.do(device, deed) == expected, (device, deed)
            heard += (line for lines in expected.values() for line in lines)
    return heard


def test_an_evening_on_several_nodes_looks_like_one_server(cheap_hashing: None) -> None:
    heard = check([(device, "connect") for device in PLACES] + EVENING)
    verbs = {re.sub(r"^(@\S+ )?(:\S+ )?", "", line).split(" ")[0] for line in heard}
    assert verbs >= SHOWN, SHOWN - verbs


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=PLANS)
def test_several_nodes_look_like_one_server(cheap_hashing: None, plan: list[tuple[str, str]]) -> None:
    check([(device, "connect") for device in PLACES] + plan)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=PLANS)
def test_several_nodes_always_look_like_one_server(cheap_hashing: None, plan: list[tuple[str, str]]) -> None:
    check([(device, "connect") for device in PLACES] + plan)
