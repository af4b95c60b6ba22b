"""Conversations: who else hears of an invitation (IRC_BEHAVIOUR section 6, invite; IRCv3 invite-notify)."""

from tests.engine.account_clients import account, enter
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people

INVITATION = ":bob!~bob@127.0.0.1 INVITE dave #tea"


def test_members_who_asked_for_it_hear_of_an_invitation(bench: EngineHarness) -> None:
    for name in ("alice", "bob", "stranger"):
        bench.connect(name, "invite-notify")
    gather(bench, "#tea", "alice", "bob", "carol")
    people(bench, "dave")
    bench.play(
        f"""
        bob > INVITE dave #tea
        bob < :irc.example 341 bob dave #tea
        bob =
        dave < {INVITATION}
        dave =
        alice < {INVITATION}
        alice =
        carol =
        stranger =
        """
    )


def test_only_those_who_may_invite_hear_of_one_to_an_invite_only_room(bench: EngineHarness) -> None:
    for name in ("alice", "bob", "carol"):
        bench.connect(name, "invite-notify")
    gather(bench, "#tea", "alice", "bob", "carol")
    people(bench, "dave")
    bench.play(
        f"""
        alice > MODE #tea +io bob
        alice .
        bob .
        carol .
        bob > INVITE dave #tea
        alice < {INVITATION}
        carol =
        dave < {INVITATION}
        dave > JOIN #tea
        dave ~ *JOIN #tea
        """
    )


def test_who_is_invited_hears_it_once_whatever_they_asked_for(bench: EngineHarness) -> None:
    bench.connect("dave", "invite-notify")
    gather(bench, "#tea", "bob")
    people(bench, "dave")
    bench.play(
        f"""
        bob > INVITE dave #tea
        dave < {INVITATION}
        dave =
        """
    )


def test_the_other_devices_of_who_invites_hear_of_it(bench: EngineHarness) -> None:
    account(bench, "anna")
    here, there = (enter(bench, "anna", "anna", "invite-notify") for _ in range(2))
    here.send("JOIN #tea")
    people(bench, "dave")
    here.heard(), there.heard()
    here.send("INVITE dave #tea")
    assert here.heard() == [":irc.example 341 anna dave #tea"]
    assert there.heard() == [":anna!~anna@127.0.0.1 INVITE dave #tea"]
