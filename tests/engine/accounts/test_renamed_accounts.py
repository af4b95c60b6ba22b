"""Renaming an account with chat-admin beside the running server."""

from app.services.accounts.renaming import rename_user
from app.wire.line import parse
from tests.engine.account_clients import account, codes, enter, log_in
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import people, user
from tests.story import Story

CAPS = ("draft/message-redaction", "message-tags", "batch", "echo-message", "account-notify")


def rename(bench: EngineHarness, old: str, new: str) -> None:
    """Rename an account as chat-admin does, and let the server notice."""
    story = Story(bench.database, bench.clock)
    story.apply(lambda admin: rename_user(admin, old, new, 32, days=30))
    bench.clock.instant += 300  # type: ignore[attr-defined]
    bench.core.engine.cycle([])


def meet(bench: EngineHarness) -> tuple[HarnessClient, HarnessClient]:
    """Let anna and bob be in #tea, both logged in."""
    for name in ("anna", "bob"):
        account(bench, name)
    bob, anna = (enter(bench, name, name, *CAPS) for name in ("bob", "anna"))
    for person in (bob, anna):
        person.send("JOIN #tea")
    for person in (bob, anna):
        person.heard()
    return anna, bob


def test_users_of_a_renamed_account_stay_online_under_the_new_name(bench: EngineHarness) -> None:
    meet(bench)
    rename(bench, "anna", "Ann")
    bench.play(
        """
        anna < :anna!~anna@127.0.0.1 ACCOUNT Ann
        anna < :irc.example 900 anna anna!~anna@127.0.0.1 Ann :You are now logged in as Ann
        anna < :anna!~anna@127.0.0.1 NICK :Ann
        anna =
        bob < :anna!~anna@127.0.0.1 ACCOUNT Ann
        bob < :anna!~anna@127.0.0.1 NICK :Ann
        bob =
        """
    )
    bench.restart()
    assert bench.core.runtime.world.find_account("anna") is None
    carl = bench.dial("carl")
    carl.send("CAP REQ sasl")
    assert codes(log_in(carl, "ann"))[1:] == ["900", "903"]


def test_a_guest_loses_the_new_name_of_an_account(bench: EngineHarness) -> None:
    meet(bench)
    (guest,) = people(bench, "Ann")
    rename(bench, "anna", "ann")
    assert guest.client.nick.startswith("Guest")
    assert user(bench, "ann").account is bench.core.runtime.world.find_account("ann")


def test_an_own_session_with_the_new_name_keeps_it(bench: EngineHarness) -> None:
    anna, _ = meet(bench)
    other = enter(bench, "ann", "anna")
    rename(bench, "anna", "ann")
    assert other.client.nick == "ann"
    assert anna.client.nick.startswith("Guest")
    assert (anna.client.account, other.client.account) == ("ann", "ann")


def test_bans_follow_a_renamed_account(bench: EngineHarness) -> None:
    _, bob = meet(bench)
    bob.send("MODE #tea +b ~m:~a:anna")
    rename(bench, "anna", "ann")
    assert "404" in codes(bench.people["anna"].ask("PRIVMSG #tea :hi"))
    assert bob.ask("MODE #tea b")[0].split()[4] == "~m:~a:ann"


def test_a_renamed_account_redacts_its_earlier_messages(bench: EngineHarness) -> None:
    anna, bob = meet(bench)
    said = parse(anna.ask("PRIVMSG #tea :oh")[0]).tags["msgid"]
    by_bob = parse(bob.ask("PRIVMSG #tea :mine")[0]).tags["msgid"]
    rename(bench, "anna", "ann")
    anna.hang_up()
    again = enter(bench, "ann", "ann", *CAPS)
    again.send("JOIN #tea")
    again.heard()
    assert "FAIL" in again.ask(f"REDACT #tea {by_bob}")[0]
    assert codes(again.ask(f"REDACT #tea {said}")) == ["REDACT"]


def test_nobody_else_takes_the_old_name_for_a_time(bench: EngineHarness) -> None:
    anna, bob = meet(bench)
    rename(bench, "anna", "ann")
    assert bob.ask("NICK anna")[0].split()[1] == "432"
    assert anna.client.nick == "ann"


def test_a_private_conversation_continues_under_the_new_name(bench: EngineHarness) -> None:
    anna, _ = meet(bench)
    anna.send("PRIVMSG bob :psst")
    rename(bench, "anna", "ann")
    bob = enter(bench, "bob2", "bob", "draft/chathistory", "batch")
    assert [line for line in bob.ask("CHATHISTORY LATEST ann * 10") if "psst" in line]
    assert not [line for line in bob.ask("CHATHISTORY LATEST anna * 10") if "psst" in line]
