"""LIST with ELIST conditions, and NAMES."""

from app.commands.channels.lists import MAX_LISTED_ROOMS
from app.engine.world.room import Room
from app.wire.line import parse
from app.wire.names import fold
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import gather, log_in, people

MINUTE = 60_000


def rooms(person: HarnessClient, line: str) -> list[str]:
    """Return the room names of a LIST, between 321 and 323."""
    start, *shown, end = map(parse, person.ask(line))
    assert (start.command, end.command) == ("321", "323")
    assert all(line.command == "322" for line in shown)
    return [line.params[1] for line in shown]


def test_list_shows_members_and_topics_largest_room_first(bench: EngineHarness) -> None:
    gather(bench, "#an1", "alice")
    gather(bench, "#chan2", "alice", "bob")
    people(bench, "carol")
    bench.play(
        """
        alice > TOPIC #chan2 :two leaves
        carol > LIST
        carol < :irc.example 321 carol Channel :Users Topic
        carol < :irc.example 322 carol #chan2 2 :two leaves
        carol < :irc.example 322 carol #an1 1 :
        carol < :irc.example 323 carol :End of channel list
        carol =
        """
    )


def test_listing_an_unknown_room_is_not_an_error(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    assert rooms(alice, "LIST #unknown") == []


CHOICES = {
    "#CHAN1": {"#chan1"},
    "#chan1,#chan2,#x": {"#chan1", "#chan2"},
    "*an1": {"#chan1"},
    "#c*n2": {"#chan2"},
    "#ch*": {"#chan1", "#chan2"},
    "#ch*,#milk": {"#chan1", "#chan2", "#milk"},
    "!*an1": {"#chan2", "#milk"},
    "!*an1,!#milk": {"#chan2"},
    "#ch*,!*2": {"#chan1"},
    ">1": {"#chan2", "#milk"},
    ">2": {"#milk"},
    ">0": {"#chan1", "#chan2", "#milk"},
    "<3": {"#chan1", "#chan2"},
    "<1": set(),
    ">1,<3": {"#chan2"},
    "U>1,#ch*": {"#chan2"},
}


def test_list_filters_by_name_mask_and_member_count(bench: EngineHarness) -> None:
    gather(bench, "#chan1", "alice")
    gather(bench, "#chan2", "alice", "bob")
    gather(bench, "#milk", "alice", "bob", "carol")
    carol = bench.people["carol"]
    assert {choice: set(rooms(carol, f"LIST {choice}")) for choice in CHOICES} == CHOICES


AGES = {
    "C<2": {"#new"},
    "C>2": {"#old"},
    "C<0": set(),
    "C>0": {"#new", "#old"},
    "C<5": {"#new", "#old"},
    "c>1,C<4": {"#old"},
    "T<2": {"#old"},
    "T>2": set(),
    "T<0": set(),
    "T>0": {"#old"},
}


def test_list_filters_by_creation_time_in_minutes(bench: EngineHarness, clock: MovedClock) -> None:
    (alice,) = gather(bench, "#old", "alice")
    clock.instant += 3 * MINUTE
    gather(bench, "#new", "alice")
    alice.send("TOPIC #old :just now")
    assert {age: set(rooms(alice, f"LIST {age}")) for age in AGES} == AGES


def test_list_filters_by_topic_age(bench: EngineHarness, clock: MovedClock) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    alice.send("TOPIC #tea :leaves")
    clock.instant += 2 * MINUTE
    assert rooms(alice, "LIST T>2") == ["#tea"]
    assert rooms(alice, "LIST T<2") == []


def test_a_clock_set_back_does_not_break_age_filters(bench: EngineHarness, clock: MovedClock) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    clock.instant -= 10 * MINUTE
    assert rooms(alice, "LIST C<1") == ["#tea"]
    assert rooms(alice, "LIST C<0") == []


def test_too_many_list_conditions_are_refused(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        f"""
        alice > LIST {",".join(["*a*"] * 11)}
        alice < :irc.example 407 alice LIST :LIST takes at most 10 conditions
        alice =
        """
    )


def test_a_truncated_list_says_so(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#large", "alice")
    for number in range(MAX_LISTED_ROOMS):
        name = f"#{number}"
        bench.core.runtime.world.rooms[number] = Room(number, name, fold(name), created=0, official=True)
    start, largest, *others, warning, end = map(parse, alice.ask("LIST"))
    assert (start.command, warning.command, end.command) == ("321", "416", "323")
    assert largest.params[1] == "#large"
    assert len(others) == MAX_LISTED_ROOMS - 1


def test_an_empty_room_is_not_listed(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    alice.send("PART #tea")
    assert rooms(alice, "LIST") == []


def test_a_secret_room_is_listed_only_to_members(bench: EngineHarness) -> None:
    alice, bob, carol = people(bench, "alice", "bob", "carol")
    gather(bench, "#tea", "alice", "bob")
    bob.send("MODE bob -i")
    alice.send("MODE #tea +s")
    assert rooms(carol, "LIST") == rooms(carol, "LIST #tea") == []
    assert rooms(bob, "LIST") == ["#tea"]
    bench.play(
        """
        carol > NAMES #tea
        carol < :irc.example 366 carol #tea :End of NAMES list
        carol =
        bob > NAMES #TEA
        bob < :irc.example 353 bob @ #tea :@alice bob
        bob < :irc.example 366 bob #TEA :End of NAMES list
        bob =
        """
    )


def test_names_lists_the_members_of_a_public_room(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    bench.play(
        """
        alice > MODE #tea +v alice
        alice .
        bob .
        bob > NAMES #tea
        bob < :irc.example 353 bob = #tea :@alice bob
        bob < :irc.example 366 bob #tea :End of NAMES list
        bob > CAP REQ multi-prefix
        bob .
        bob > NAMES #tea
        bob < :irc.example 353 bob = #tea :@+alice bob
        bob < :irc.example 366 bob #tea :End of NAMES list
        bob =
        """
    )


def test_names_hides_invisible_users_from_outsiders(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    (carol,) = people(bench, "carol")
    bench.play(
        """
        bob > MODE bob -i
        carol > NAMES #tea
        carol < :irc.example 353 carol = #tea :bob
        carol < :irc.example 366 carol #tea :End of NAMES list
        """
    )
    log_in(bench, "carol", "carol", "admin")
    assert carol.ask("NAMES #tea")[0] == ":irc.example 353 carol = #tea :@alice bob"


def test_names_of_an_invalid_room_returns_only_the_end(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    for name in ("#unknown", "in@valid", "#a,#b", "*"):
        assert alice.ask(f"NAMES {name}") == [f":irc.example 366 alice {name} :End of NAMES list"]


def test_names_without_a_parameter_is_answered(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    assert alice.ask("NAMES") == [":irc.example 366 alice * :End of NAMES list"]


def test_long_names_lists_are_split_into_lines_that_fit(bench: EngineHarness) -> None:
    nicks = [f"somebody-{number:03}" for number in range(60)]
    gather(bench, "#tea", *nicks)
    lines = bench.people[nicks[0]].ask("NAMES #tea")
    assert all(len(line.encode()) <= 510 for line in lines)
    assert [nick for line in lines[:-1] for nick in parse(line).params[3].split(" ")] == [
        "@" + nicks[0],
        *nicks[1:],
    ]
