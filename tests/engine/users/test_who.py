"""WHO and WHOX."""

from app.wire.line import parse
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, log_in, people, user


def test_who_zero_lists_everybody(bench: EngineHarness) -> None:
    """RFC 2812, section 3.6.1."""
    alice, _ = people(bench, "alice", "bob")
    assert alice.ask("WHO 0")[:-1] == alice.ask("WHO *")[:-1] != []
    assert alice.ask("WHO 0")[-1].startswith(":irc.example 315 alice 0 ")


def nicks(lines: list[str], place: int = 5) -> list[str]:
    """Return the nicks of a WHO reply, which ends with 315."""
    *shown, end = map(parse, lines)
    assert end.command == "315"
    return [line.params[place] for line in shown]


def test_who_of_a_room_shows_each_member_once(bench: EngineHarness) -> None:
    gather(bench, "#Tea", "alice", "bob")
    gather(bench, "#milk", "alice", "bob")
    bench.play(
        """
        bob > WHO #tEA
        bob < :irc.example 352 bob #Tea ~alice 127.0.0.1 irc.example alice H@ :0 Alice
        bob < :irc.example 352 bob #Tea ~bob 127.0.0.1 irc.example bob H :0 Bob
        bob < :irc.example 315 bob #tEA :End of WHO list
        bob =
        """
    )


def test_who_matches_nicks_case_insensitively(bench: EngineHarness) -> None:
    people(bench, "alice", "bob")
    bench.play(
        """
        alice > WHO BOB
        alice < :irc.example 352 alice * ~bob 127.0.0.1 irc.example bob H :0 Bob
        alice < :irc.example 315 alice BOB :End of WHO list
        alice > WHO nobody
        alice < :irc.example 315 alice nobody :End of WHO list
        alice > WHO #nowhere
        alice < :irc.example 315 alice #nowhere :End of WHO list
        alice =
        """
    )


def test_a_mask_matches_nicks_and_shows_each_user_once(bench: EngineHarness) -> None:
    gather(bench, "#tea", "coolNick", "otherNick")
    gather(bench, "#milk", "coolNick", "otherNick")
    cool = bench.people["coolNick"]
    assert nicks(cool.ask("WHO coolni*")) == ["coolNick"]
    assert nicks(cool.ask("WHO *NICK")) == ["coolNick", "otherNick"]
    assert nicks(cool.ask("WHO *")) == ["coolNick", "otherNick"]
    assert nicks(cool.ask("WHO")) == ["coolNick", "otherNick"]
    assert nicks(cool.ask("WHO *!~other*@127.*")) == ["otherNick"]
    assert all(parse(line).params[1] == "*" for line in cool.ask("WHO *nick")[:-1])


def test_invisible_users_are_found_by_nick_or_shared_room(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    carol, dave = people(bench, "carol", "dave")
    dave.send("MODE dave -i")
    assert nicks(carol.ask("WHO *")) == ["carol", "dave"]
    assert nicks(carol.ask("WHO bob")) == ["bob"]
    assert nicks(carol.ask("WHO #tea")) == []
    assert nicks(bench.people["bob"].ask("WHO *")) == ["alice", "bob", "dave"]
    log_in(bench, "carol", "carol", "admin")
    assert nicks(carol.ask("WHO *")) == ["alice", "bob", "carol", "dave"]


def test_who_of_a_secret_room_is_empty_for_outsiders(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    people(bench, "carol")
    bench.play(
        """
        bob > MODE bob -i
        alice > MODE #tea +s
        carol > WHO #tea
        carol < :irc.example 315 carol #tea :End of WHO list
        """
    )


def test_the_flags_show_away_oper_bot_and_role(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    log_in(bench, "alice", "alice", "admin")
    user(bench, "bob").modes.add("B")
    bench.people["alice"].send("AWAY :tea", "MODE #tea +v alice")
    bench.play(
        """
        bob .
        bob > WHO #tea
        bob ~ :irc.example 352 bob #tea * alice G*@ :*
        bob ~ :irc.example 352 bob #tea * bob HB :*
        bob .
        bob > CAP REQ multi-prefix
        bob .
        bob > WHO #tea
        bob ~ :irc.example 352 bob #tea * alice G*@+ :*
        bob .
        bob > WHO alice
        bob < :irc.example 352 bob * ~alice 127.0.0.1 irc.example alice G* :0 Alice
        """
    )


def test_who_o_lists_only_operators(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    log_in(bench, "bob", "bob", "admin")
    assert nicks(bench.people["alice"].ask("WHO #tea o")) == ["bob"]


def test_whox_sends_the_fields_in_its_own_order(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    log_in(bench, "bob", "bobby")
    user(bench, "bob").last_active -= 75
    bench.play(
        """
        alice > WHO bob %tcuihsnfdlaor,123
        alice < :irc.example 354 alice 123 * ~bob 255.255.255.255 127.0.0.1 irc.example bob H 0 75 bobby n/a :Bob
        alice < :irc.example 315 alice bob :End of WHO list
        alice > WHO #tea %roaldfnshiuct,7
        alice < :irc.example 354 alice 7 #tea ~alice 127.0.0.1 127.0.0.1 irc.example alice H@ 0 0 0 n/a :Alice
        alice .
        alice > WHO bob %na
        alice < :irc.example 354 alice bob bobby
        alice < :irc.example 315 alice bob :End of WHO list
        alice > WHO bob %xyz
        alice < :irc.example 352 alice * ~bob 127.0.0.1 irc.example bob H :0 Bob
        alice < :irc.example 315 alice bob :End of WHO list
        alice > WHO bob %ta
        alice < :irc.example 354 alice 0 bobby
        """
    )


def test_whox_fields_are_never_empty(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    for letter in "tcuihsnfdlaor":
        field, _ = map(parse, alice.ask(f"WHO alice %{letter}"))
        assert field.command == "354"
        assert len(field.params) == 2
        assert field.params[1]


def test_an_invalid_whox_token_becomes_zero(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    for token in ("1234", "a", ":x", ""):
        assert alice.ask(f"WHO alice %tn,{token}")[0] == ":irc.example 354 alice 0 alice"


def test_a_labelled_who_is_one_batch(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.connect("bob", "labeled-response", "batch")
    opened, shown, end, closed = map(parse, bench.people["bob"].ask("@label=q WHO alice"))
    assert opened.tags == {"label": "q"}
    assert opened.params[1:] == ["labeled-response"]
    assert {line.tags["batch"] for line in (shown, end)} == {opened.params[0][1:]}
    assert closed.command == "BATCH"


def test_the_echoed_mask_is_one_parameter(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    assert [parse(line).params[1:-1] for line in alice.ask("WHO ::a b", "WHO :")] == [["a_b"], ["*"]]


def test_long_realnames_are_cut_to_fit_the_line(bench: EngineHarness) -> None:
    person = bench.dial("alice")
    person.send("NICK alice", "USER alice 0 * :" + "é" * 240)
    person.heard()
    assert all(len(line.encode()) <= 510 for line in person.ask("WHO alice", "WHOIS alice"))
