"""INVITE notifications (IRCv3 invite-notify)."""

from tests.engine.account_clients import account, enter
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people

INVITATION = ":bob!~bob@127.0.0.1 INVITE dave #tea"


def test_members_with_invite_notify_see_invitations(bench: EngineHarness) -> None:
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


def test_in_an_invite_only_room_only_operators_are_notified(bench: EngineHarness) -> None:
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


def test_the_invited_user_is_notified_once(bench: EngineHarness) -> None:
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


def test_the_inviters_other_devices_are_notified(bench: EngineHarness) -> None:
    account(bench, "anna")
    here, there = (enter(bench, "anna", "anna", "invite-notify") for _ in range(2))
    here.send("JOIN #tea")
    people(bench, "dave")
    here.heard(), there.heard()
    here.send("INVITE dave #tea")
    assert here.heard() == [":irc.example 341 anna dave #tea"]
    assert there.heard() == [":anna!~anna@127.0.0.1 INVITE dave #tea"]
