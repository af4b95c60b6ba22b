"""JOIN, PART, KICK, TOPIC and INVITE."""

from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness


def people(bench: EngineHarness, *names: str) -> None:
    for name in names:
        bench.connect(name)


def gather(bench: EngineHarness, room: str, *names: str) -> None:
    """Connect clients, join a room in this order and discard what they received."""
    people(bench, *names)
    for name in names:
        bench.people[name].send(f"JOIN {room}")
    for name in names:
        bench.people[name].heard()


def test_the_creator_of_a_room_is_its_operator(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        """
        alice > JOIN #tea
        alice < :alice!~alice@127.0.0.1 JOIN #tea
        alice < :irc.example 353 alice = #tea :@alice
        alice ~ :irc.example 366 alice #tea :*
        alice > JOIN #tea
        alice =
        """
    )


def test_a_join_is_announced_and_shows_the_topic(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    people(bench, "bob")
    bench.play(
        """
        alice > TOPIC #tea :leaves
        alice < :alice!~alice@127.0.0.1 TOPIC #tea :leaves
        bob > JOIN #TEA
        bob < :bob!~bob@127.0.0.1 JOIN #tea
        bob < :irc.example 332 bob #tea :leaves
        bob ~ :irc.example 333 bob #tea alice!~alice@127.0.0.1 *
        bob < :irc.example 353 bob = #tea :@alice bob
        bob ~ :irc.example 366 bob #tea :*
        bob =
        alice < :bob!~bob@127.0.0.1 JOIN #tea
        alice =
        """
    )


def test_each_room_of_a_join_list_gets_its_own_reply(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        """
        alice > JOIN #a,inv@lid,#b
        alice < :alice!~alice@127.0.0.1 JOIN #a
        alice < :irc.example 353 alice = #a :@alice
        alice ~ :irc.example 366 alice #a :*
        alice ~ :irc.example 403 alice inv@lid :*
        alice < :alice!~alice@127.0.0.1 JOIN #b
        alice < :irc.example 353 alice = #b :@alice
        alice ~ :irc.example 366 alice #b :*
        alice =
        """
    )


def test_a_labelled_join_is_one_batch(bench: EngineHarness) -> None:
    bench.connect("alice", "labeled-response", "batch")
    bench.play(
        """
        alice > @label=l1 JOIN #tea
        alice ~ @label=l1 :irc.example BATCH +* labeled-response
        alice ~ @batch=* :alice!~alice@127.0.0.1 JOIN #tea
        alice ~ @batch=* :irc.example 353 alice = #tea :@alice
        alice ~ @batch=* :irc.example 366 alice #tea :*
        alice ~ :irc.example BATCH -*
        alice =
        """
    )


def test_join_keys_are_matched_by_position(bench: EngineHarness) -> None:
    people(bench, "alice", "bob")
    bench.play(
        """
        alice > JOIN #a,#b
        alice > MODE #a +k one
        alice > MODE #b +k two
        alice .
        bob > JOIN #a,#b one
        bob < :bob!~bob@127.0.0.1 JOIN #a
        bob ~ :irc.example 353 *
        bob ~ :irc.example 366 *
        bob ~ :irc.example 475 bob #b :*
        bob > JOIN #b two
        bob < :bob!~bob@127.0.0.1 JOIN #b
        """
    )


def test_part_is_announced_with_its_reason(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    people(bench, "carol")
    bench.play(
        """
        alice .
        bob > PART #tea :so long
        bob < :bob!~bob@127.0.0.1 PART #tea :so long
        alice < :bob!~bob@127.0.0.1 PART #tea :so long
        bob > PART #tea
        bob ~ :irc.example 442 bob #tea :*
        bob =
        carol > PART #nowhere
        carol ~ :irc.example 403 carol #nowhere :*
        """
    )


def test_the_default_kick_reason_is_the_kickers_nick(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob", "carol")
    bench.play(
        """
        alice > KICK #tea bob,carol
        alice < :alice!~alice@127.0.0.1 KICK #tea bob :alice
        alice < :alice!~alice@127.0.0.1 KICK #tea carol :alice
        bob < :alice!~alice@127.0.0.1 KICK #tea bob :alice
        bob =
        carol < :alice!~alice@127.0.0.1 KICK #tea bob :alice
        carol < :alice!~alice@127.0.0.1 KICK #tea carol :alice
        """
    )


def test_kick_reasons_are_cut_to_kicklen(make_bench: MakeBench) -> None:
    """Modern IRC, the KICKLEN token."""
    bench = make_bench(topic_length=10)
    gather(bench, "#tea", "alice", "bob")
    assert "KICKLEN=10" in " ".join(bench.people["alice"].ask("VERSION"))
    bench.play(
        """
        alice > KICK #tea bob :чай чай чай
        alice < :alice!~alice@127.0.0.1 KICK #tea bob :чай чай ча
        bob < :alice!~alice@127.0.0.1 KICK #tea bob :чай чай ча
        """
    )


def test_unprivileged_kicks_are_refused(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    people(bench, "carol")
    bench.play(
        """
        bob > KICK #tea alice
        bob ~ :irc.example 482 bob #tea :*
        carol > KICK #tea alice
        carol ~ :irc.example 442 carol #tea :*
        carol > KICK #nowhere alice
        carol ~ :irc.example 403 carol #nowhere :*
        alice > KICK #tea carol
        alice ~ :irc.example 441 alice carol #tea :*
        alice > KICK #tea nobody
        alice ~ :irc.example 401 alice nobody :*
        alice =
        bob =
        """
    )


def test_topics_are_shown_set_and_cleared(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    bench.play(
        """
        bob > TOPIC #tea
        bob ~ :irc.example 331 bob #tea :*
        bob > TOPIC #tea :mine
        bob ~ :irc.example 482 bob #tea :*
        alice > MODE #tea -t
        alice .
        bob .
        bob > TOPIC #tea :mine
        bob < :bob!~bob@127.0.0.1 TOPIC #tea :mine
        alice < :bob!~bob@127.0.0.1 TOPIC #tea :mine
        alice > TOPIC #tea :
        alice < :alice!~alice@127.0.0.1 TOPIC #tea :
        alice > TOPIC #unknown
        alice ~ :irc.example 403 alice #unknown :*
        """
    )


def test_an_invitation_allows_joining_an_invite_only_room(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "carol")
    people(bench, "bob")
    bench.play(
        """
        alice > MODE #tea +i
        alice .
        carol .
        bob > JOIN #tea
        bob ~ :irc.example 473 bob #tea :*
        carol > INVITE bob #tea
        carol ~ :irc.example 482 carol #tea :*
        alice > INVITE bob #tea
        alice < :irc.example 341 alice bob #tea
        bob < :alice!~alice@127.0.0.1 INVITE bob #tea
        carol =
        bob > INVITE
        bob < :irc.example 336 bob #tea
        bob ~ :irc.example 337 bob :*
        bob > JOIN #tea
        bob < :bob!~bob@127.0.0.1 JOIN #tea
        bob .
        alice .
        alice > INVITE bob #tea
        alice ~ :irc.example 443 alice bob #tea :*
        alice > INVITE nobody #tea
        alice ~ :irc.example 401 alice nobody :*
        bob > PART #tea
        bob .
        bob > JOIN #tea
        bob ~ :irc.example 473 bob #tea :*
        """
    )


def test_a_lost_connection_and_a_quit_are_announced_once(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob", "carol")
    gather(bench, "#milk", "dave")
    bench.play("alice > JOIN #milk")
    bench.play("bob > JOIN #milk")
    for person in bench.people.values():
        person.heard()
    bench.people["bob"].hang_up("Connection reset by peer")
    bench.play(
        """
        alice < :bob!~bob@127.0.0.1 QUIT :Connection reset by peer
        alice =
        dave < :bob!~bob@127.0.0.1 QUIT :Connection reset by peer
        carol < :bob!~bob@127.0.0.1 QUIT :Connection reset by peer
        carol > QUIT :tea is cold
        carol < ERROR :Quit: tea is cold
        alice < :carol!~carol@127.0.0.1 QUIT :Quit: tea is cold
        dave =
        """
    )


def test_rooms_survive_a_restart(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    bench.play(
        """
        alice > TOPIC #tea :leaves
        alice > MODE #tea +slb-t 5 *!*@evil
        alice > MODE #tea +k secret
        """
    )
    bench.restart()
    people(bench, "bob")
    bench.play(
        """
        bob > JOIN #tea secret
        bob < :bob!~bob@127.0.0.1 JOIN #tea
        bob < :irc.example 332 bob #tea :leaves
        bob ~ :irc.example 333 bob #tea alice!~alice@127.0.0.1 *
        bob < :irc.example 353 bob @ #tea :@bob
        bob ~ :irc.example 366 *
        bob > MODE #tea
        bob < :irc.example 324 bob #tea +klns secret 5
        bob ~ :irc.example 329 bob #tea *
        bob > MODE #tea +b
        bob ~ :irc.example 367 bob #tea *!*@evil alice!~alice@127.0.0.1 *
        bob ~ :irc.example 368 bob #tea :*
        """
    )


def test_an_official_room_has_no_founder(make_bench: MakeBench) -> None:
    bench = make_bench(auto_join=["#general"])
    bench.dial("alice").send("NICK alice", "USER alice 0 * :Alice")
    lines = bench.people["alice"].heard()
    assert ":alice!~alice@127.0.0.1 JOIN #general" in lines
    assert ":irc.example 353 alice = #general :alice" in lines
