"""WHOIS, WHOWAS, ISON and USERHOST."""

from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine.account_clients import account, enter
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, log_in, people, user

ALLOWED = {"311", "312", "313", "317", "318", "319", "338", "378", "379", "671", "301", "307", "330", "335"}


def shown(lines: list[str], code: str) -> list[list[str]]:
    """Return the parameters after the nicks in replies with a numeric."""
    return [line.params[2:] for line in map(parse, lines) if line.command == code]


def test_whois_of_a_user_without_shared_rooms(bench: EngineHarness, clock: MovedClock) -> None:
    people(bench, "alice", "bob")
    clock.instant += 90_000
    bench.play(
        """
        alice > WHOIS BOB
        alice < :irc.example 311 alice bob ~bob 127.0.0.1 * :Bob
        alice < :irc.example 312 alice bob irc.example :irc.example
        alice < :irc.example 317 alice bob 90 1795000000 :seconds idle, signon time
        alice < :irc.example 318 alice BOB :End of WHOIS
        alice =
        """
    )


def test_speaking_resets_the_idle_time(bench: EngineHarness, clock: MovedClock) -> None:
    alice, bob = people(bench, "alice", "bob")
    clock.instant += 90_000
    bob.send("PRIVMSG alice :hi")
    clock.instant += 5_000
    assert shown(alice.ask("WHOIS bob"), "317")[0][0] == "5"


def test_whois_accepts_a_server_parameter(bench: EngineHarness) -> None:
    alice, _ = people(bench, "alice", "bob")
    for first in ("irc.example", "bob"):
        assert alice.ask(f"WHOIS {first} bob") == alice.ask("WHOIS bob")


def test_an_unknown_nick_gets_401_and_318(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        """
        alice > WHOIS nobody
        alice < :irc.example 401 alice nobody :No such nick or channel
        alice < :irc.example 318 alice nobody :End of WHOIS
        alice > WHOIS
        alice < :irc.example 431 alice :No nickname given
        alice =
        """
    )


def test_whois_sends_only_the_documented_numerics(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    log_in(bench, "alice", "root", "admin")
    log_in(bench, "bob", "bob", "admin")
    user(bench, "bob").away = "tea"
    user(bench, "bob").modes.add("B")
    codes = [parse(line).command for line in bench.people["alice"].ask("WHOIS bob")]
    assert codes == ["311", "319", "312", "301", "313", "307", "330", "335", "338", "317", "318"]
    assert set(codes) <= ALLOWED


def test_the_account_is_shown_once(bench: EngineHarness) -> None:
    alice, _ = people(bench, "alice", "bob")
    log_in(bench, "bob", "Bobby")
    lines = alice.ask("WHOIS bob")
    assert shown(lines, "330") == [["Bobby", "is logged in as"]]
    assert shown(lines, "307") == []
    log_in(bench, "bob", "BOB")
    assert len(shown(alice.ask("WHOIS bob"), "307")) == 1


def test_the_real_address_is_shown_to_self_and_administrators(bench: EngineHarness) -> None:
    alice, _ = people(bench, "alice", "carol")
    bob = bench.connect("bob", address="::1")
    assert shown(alice.ask("WHOIS bob"), "338") == []
    assert shown(bob.ask("WHOIS bob"), "338") == [["0::1", "is connecting from"]]
    log_in(bench, "alice", "alice", "admin")
    assert shown(alice.ask("WHOIS bob"), "338") == [["0::1", "is connecting from"]]


def test_a_tls_connection_is_shown_as_secure(bench: EngineHarness) -> None:
    alice, _ = people(bench, "alice", "bob")
    bench.connect("carol", secure=True)
    assert shown(alice.ask("WHOIS bob"), "671") == []
    assert len(shown(alice.ask("WHOIS carol"), "671")) == 1


def test_a_user_is_secure_while_all_devices_use_tls(bench: EngineHarness) -> None:
    account(bench, "anna")
    (alice,) = people(bench, "alice")
    enter(bench, "anna", "anna", secure=True)
    assert len(shown(alice.ask("WHOIS anna"), "671")) == 1
    plain = enter(bench, "anna", "anna")
    assert shown(alice.ask("WHOIS anna"), "671") == []
    plain.hang_up()
    assert len(shown(alice.ask("WHOIS anna"), "671")) == 1


def test_the_away_message_is_shown_once(bench: EngineHarness) -> None:
    alice, bob = people(bench, "alice", "bob")
    bob.send("AWAY :having tea")
    assert shown(alice.ask("WHOIS bob"), "301") == [["having tea"]]


def test_rooms_are_listed_with_their_prefixes(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    gather(bench, "#milk", "bob", "alice")
    alice = bench.people["alice"]
    alice.send("MODE #tea +v alice")
    assert shown(alice.ask("WHOIS alice"), "319") == [["#milk @#tea"]]
    assert shown(alice.ask("WHOIS bob"), "319") == [["#tea @#milk"]]
    alice.send("CAP REQ multi-prefix")
    assert shown(alice.ask("WHOIS alice"), "319") == [["#milk @+#tea"]]


def test_rooms_of_the_invisible_and_secret_rooms_are_hidden_unless_shared(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    gather(bench, "#secret", "bob")
    alice, bob = bench.people["alice"], bench.people["bob"]
    (carol,) = people(bench, "carol")
    bob.send("MODE #secret +s")
    assert shown(carol.ask("WHOIS bob"), "319") == []
    assert shown(alice.ask("WHOIS bob"), "319") == [["#tea"]]
    bob.send("MODE bob -i")
    assert shown(carol.ask("WHOIS bob"), "319") == [["#tea"]]
    assert shown(bob.ask("WHOIS bob"), "319") == [["#tea @#secret"]]
    log_in(bench, "carol", "carol", "admin")
    assert shown(carol.ask("WHOIS bob"), "319") == [["#tea @#secret"]]


def test_many_rooms_take_several_lines(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    rooms = [f"#{number:02}{'x' * 50}" for number in range(20)]
    alice.send(*(f"JOIN {room}" for room in rooms))
    lines = alice.ask("WHOIS alice")
    assert [room for (text,) in shown(lines, "319") for room in text.split(" ")] == [f"@{r}" for r in rooms]
    assert all(len(line.encode()) <= 510 for line in lines)


def test_whowas_shows_the_latest_first(bench: EngineHarness, clock: MovedClock) -> None:
    people(bench, "alice")
    bench.connect("bob").send("QUIT")
    clock.instant += 1_000
    bench.connect("bob", address="10.0.0.2").send("NICK robert")
    cloak = bench.core.runtime.cloak("10.0.0.2")
    bench.play(
        f"""
        alice > WHOWAS BOB
        alice < :irc.example 314 alice bob ~bob {cloak} * :Bob
        alice < :irc.example 312 alice bob irc.example :2026-11-18 11:06:41 UTC
        alice < :irc.example 314 alice bob ~bob 127.0.0.1 * :Bob
        alice < :irc.example 312 alice bob irc.example :2026-11-18 11:06:40 UTC
        alice < :irc.example 369 alice BOB :End of WHOWAS
        alice =
        """
    )


def test_the_count_limits_whowas(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    for _ in range(3):
        bench.connect("bob").send("QUIT")
    for count, entries in {"1": 1, "2": 2, "0": 3, "-1": 3, "x": 3, "9": 3}.items():
        assert len(shown(alice.ask(f"WHOWAS bob {count}"), "314")) == entries


def test_whowas_of_an_unknown_nick_gets_406(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        """
        alice > WHOWAS alice
        alice < :irc.example 406 alice alice :There was no such nickname
        alice < :irc.example 369 alice alice :End of WHOWAS
        alice > WHOWAS
        alice < :irc.example 431 alice :No nickname given
        alice =
        """
    )


def test_ison_returns_nicks_as_spelled_by_their_owners(bench: EngineHarness) -> None:
    people(bench, "alice", "bob")
    bench.play(
        """
        alice > ISON BOB nobody alice bob
        alice < :irc.example 303 alice :bob alice
        alice > ISON :bob  nobody
        alice < :irc.example 303 alice :bob
        alice > ISON nobody
        alice < :irc.example 303 alice :
        alice > ISON
        alice < :irc.example 461 alice ISON :Not enough parameters: ISON <nick> [<nicks> ...]
        alice =
        """
    )


def test_userhost_shows_away_for_at_most_five_nicks(bench: EngineHarness) -> None:
    people(bench, "alice", "bob", "carol")
    log_in(bench, "carol", "carol", "admin")
    bench.people["carol"].send("AWAY :tea")
    bench.play(
        """
        alice > USERHOST bob
        alice < :irc.example 302 alice :bob=+~bob@127.0.0.1
        alice > USERHOST CAROL nobody
        alice < :irc.example 302 alice :carol*=-~carol@127.0.0.1
        alice > USERHOST a b c d e bob
        alice < :irc.example 302 alice :
        alice =
        """
    )
