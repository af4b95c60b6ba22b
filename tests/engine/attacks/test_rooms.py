"""Exhausting room creation, and evading bans."""

from tests.conftest import MovedClock
from tests.engine.account_clients import codes
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness


def test_room_creation_is_limited_per_address(make_bench: MakeBench, clock: MovedClock) -> None:
    bench = make_bench(max_rooms_per_user=3)
    guest = bench.connect("guest")
    guest.send("JOIN #a,#b,#c", "JOIN 0")
    (refusal,) = guest.ask("JOIN #d")
    assert (
        refusal == ":irc.example 403 guest #d :Too many rooms were created from your address; wait 60 minutes"
    )
    assert codes(guest.ask("JOIN #a")) == ["JOIN", "353", "366"]
    assert codes(bench.connect("other", address="192.0.2.1").ask("JOIN #d")) == ["JOIN", "353", "366"]
    clock.instant += 3_600_001
    assert codes(bench.connect("later").ask("JOIN #e")) == ["JOIN", "353", "366"]


def test_only_an_operators_invitation_overrides_a_ban(bench: EngineHarness) -> None:
    for name in ("alice", "bob", "mallory"):
        bench.connect(name)
    bench.play(
        """
        alice > JOIN #tea
        bob > JOIN #tea
        alice > MODE #tea +b mallory
        alice .
        bob .
        bob > INVITE mallory #tea
        bob < :irc.example 482 bob #tea :You are not a channel operator
        mallory =
        mallory > JOIN #tea
        mallory ~ :irc.example 474 mallory #tea :*
        alice > INVITE mallory #tea
        mallory ~ :alice!* INVITE mallory #tea
        mallory > JOIN #tea
        mallory < :mallory!~mallory@127.0.0.1 JOIN #tea
        mallory > PART #tea
        mallory .
        mallory > JOIN #tea
        mallory ~ :irc.example 474 mallory #tea :*
        """
    )
