"""Server information: MOTD, LUSERS, VERSION, TIME, INFO, ADMIN, LINKS, STATS."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.services.accounts.administration import set_role
from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine.account_clients import account, codes, enter
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import log_in, people
from tests.story import Story

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("open sesame")

ABOUT_SERVERS = ["MOTD", "VERSION", "TIME", "INFO", "ADMIN", "STATS u"]


@pytest.fixture
def motd_bench(tmp_path: Path, clock: MovedClock) -> Iterator[EngineHarness]:
    """A server with a message of the day."""
    made = EngineHarness.fresh(
        tmp_path / "chat.db", clock, motd="Welcome.\n\nBe kind.", servername="Tea House"
    )
    yield made
    made.close()


def numbers(person: HarnessClient) -> dict[str, list[str]]:
    """Return the parameters of each LUSERS reply; no numeric is repeated."""
    lines = list(map(parse, person.ask("LUSERS")))
    found = {line.command: line.params[1:] for line in lines}
    assert len(found) == len(lines)
    return found


def counted(text: str) -> list[int]:
    """Return the numbers in a text."""
    return [int(word) for word in text.split() if word.isdigit()]


def test_motd_is_shown_line_by_line(motd_bench: EngineHarness) -> None:
    people(motd_bench, "alice")
    motd_bench.play(
        """
        alice > MOTD
        alice < :tea-house.internal 375 alice :- tea-house.internal Message of the day -
        alice < :tea-house.internal 372 alice :- Welcome.
        alice < :tea-house.internal 372 alice :-
        alice < :tea-house.internal 372 alice :- Be kind.
        alice < :tea-house.internal 376 alice :End of message of the day
        alice > MOTD tea-house.internal
        alice .
        alice > MOTD :Tea House
        alice ~ :tea-house.internal 375 *
        """
    )


def test_a_missing_motd_is_answered_with_422(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    assert alice.ask("MOTD") == [":irc.example 422 alice :No message of the day is set"]


def test_queries_to_other_servers_are_refused(bench: EngineHarness) -> None:
    alice, _ = people(bench, "alice", "bob")
    for question in ABOUT_SERVERS:
        refusal = ":irc.example 402 alice other.example :No such server"
        assert alice.ask(f"{question} other.example") == [refusal]
        for name in ("irc.example", "IRC.*", "bob"):
            assert alice.ask(f"{question} {name}") == alice.ask(question)


def test_lusers_counts_all_users(bench: EngineHarness) -> None:
    alice, _ = people(bench, "alice", "bob")
    alice.send("JOIN #tea")
    bench.play(
        """
        alice .
        alice > LUSERS
        alice < :irc.example 251 alice :There are 0 users and 2 invisible on 1 servers
        alice < :irc.example 252 alice 0 :operators online
        alice < :irc.example 254 alice 1 :channels formed
        alice < :irc.example 255 alice :I have 2 clients and 0 servers
        alice < :irc.example 265 alice 2 2 :Current local users 2, max 2
        alice < :irc.example 266 alice 2 2 :Current global users 2, max 2
        alice =
        """
    )


def test_lusers_is_up_to_date_at_once(bench: EngineHarness) -> None:
    alice, bob = people(bench, "alice", "bob")
    carol = bench.dial("carol")
    assert numbers(alice)["253"][0] == "1"
    carol.send("NICK carol", "USER carol 0 * :Carol")
    assert "253" not in numbers(alice)
    carol.send("MODE carol -i")
    log_in(bench, "carol", "carol", "admin")
    found = numbers(alice)
    assert counted(found["251"][0]) == [1, 2, 1]
    assert found["252"][0] == "1"
    carol.send("QUIT")
    bob.hang_up()
    found = numbers(alice)
    assert counted(found["251"][0]) == [0, 1, 1]
    assert counted(found["255"][0]) == [1, 0]
    assert found["252"][0] == "0"
    assert found["265"][:2] == found["266"][:2] == ["1", "3"]


def test_lusers_follows_role_changes(bench: EngineHarness) -> None:
    account(bench, "bob")
    (alice,) = people(bench, "alice")
    bob = enter(bench, "bob", "bob")
    for role, administrators in (("admin", "1"), ("user", "0")):
        Story(bench.database, bench.clock).apply(lambda admin, role=role: set_role(admin, "bob", role))
        bob.send("JOIN #tea", "PART #tea")  # whoever writes learns first what others appended
        assert numbers(alice)["252"][0] == administrators


def test_a_closed_probe_is_not_counted(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    probe = bench.dial("probe")
    probe.send("QUIT :chkport")
    assert probe.heard()[0].startswith("ERROR :")
    assert "253" not in numbers(alice)
    assert numbers(alice)["265"][:2] == ["1", "1"]


def test_a_rejected_client_is_not_counted(make_bench: MakeBench, clock: MovedClock) -> None:
    bench = make_bench(register_timeout=10)
    (alice,) = people(bench, "alice")
    silent = bench.dial("silent")
    assert numbers(alice)["253"][0] == "1"
    clock.instant += 11_000
    bench.core.engine.cycle([])
    assert silent.heard() == ["ERROR :Closing link: Registration timed out"]
    assert "253" not in numbers(alice)


def test_version_includes_isupport(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    first, *others = map(parse, alice.ask("VERSION"))
    assert (first.command, first.params[2]) == ("351", "irc.example")
    assert others
    for line in others:
        assert line.command == "005"
        assert (line.params[0], line.params[-1]) == ("alice", "are supported by this server")
        assert len(line.params) <= 15
        assert all(token.isascii() and token.count("=") <= 1 for token in line.params[1:-1])


def test_time_shows_the_server_clock(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        """
        alice > TIME
        alice < :irc.example 391 alice irc.example :Wednesday November 18 2026 -- 11:06:40 +00:00
        alice =
        """
    )


def test_info_ends_with_its_numeric(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    *lines, end = map(parse, alice.ask("INFO"))
    assert lines
    assert {line.command for line in lines} == {"371"}
    assert end.command == "374"
    assert all(len(line.params) == 2 for line in (*lines, end))


def test_admin_shows_the_contact(bench: EngineHarness) -> None:
    people(bench, "alice", "bob")
    bench.play(
        """
        alice > ADMIN
        alice ~ :irc.example 423 alice irc.example :*
        alice =
        """
    )
    log_in(bench, "bob", "bob", "admin")
    bench.play(
        """
        alice > ADMIN
        alice ~ :irc.example 256 alice irc.example :*
        alice < :irc.example 257 alice :irc.example
        alice < :irc.example 258 alice :Administrators online: bob
        alice ~ :irc.example 259 alice :*
        alice =
        """
    )


def test_links_lists_nothing_to_users(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        """
        alice > LINKS
        alice < :irc.example 365 alice * :End of LINKS list
        alice > LINKS other.example *
        alice < :irc.example 365 alice * :End of LINKS list
        alice =
        """
    )


def test_stats_u_shows_the_uptime(bench: EngineHarness, clock: MovedClock) -> None:
    people(bench, "alice")
    clock.instant += 86_400_000 + 3_723_456
    bench.play(
        """
        alice > STATS u
        alice < :irc.example 242 alice :The server has been up for 1 day, 1:02:03
        alice < :irc.example 219 alice u :End of STATS report
        alice > STATS x
        alice < :irc.example 219 alice x :End of STATS report
        alice > STATS
        alice < :irc.example 461 alice STATS :Not enough parameters: STATS <query> [<server>]
        alice =
        """
    )


def test_most_stats_are_for_administrators(make_bench: MakeBench) -> None:
    """The numerics of RFC 2812, section 5.1; bans are covered by test_klines."""
    bench = make_bench(operators={"boss": HASH})
    account(bench, "root", role="admin")
    root = enter(bench, "root", "root")
    root.ask("TIME", "TIME", "CAP LIST")
    lines = [line.split(" ", 3)[3] for line in root.ask("STATS M") if " 212 " in line]
    assert {"TIME 2", "CAP-LIST 1", "STATS 1"} <= set(lines)
    assert root.ask("STATS o") == [
        ":irc.example 243 root O * * boss",
        ":irc.example 219 root o :End of STATS report",
    ]
    (alice,) = people(bench, "alice")
    assert codes(alice.ask("STATS o", "STATS m", "STATS O")) == ["481", "481", "481"]
