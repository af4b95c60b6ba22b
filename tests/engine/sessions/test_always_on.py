"""Always-on accounts stay in their rooms without a connected device, also over restarts."""

import pytest

from app.services.accounts.administration import set_always_on, set_disabled
from app.services.administration.moderation import kill_user
from tests.conftest import MovedClock
from tests.engine.account_clients import PASSWORD, account, codes, enter, plain
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.history_clients import CAPS, texts
from tests.engine.pseudoclients.test_service_context import tell
from tests.engine.scenes import gather, user
from tests.story import Story

ABSENT = "No device is connected"
DAY = 24 * 3600


def pass_time(bench: EngineHarness, clock: MovedClock, seconds: int) -> None:
    """Advance the clock and run housekeeping."""
    clock.instant += seconds * 1000
    bench.core.engine.cycle([])


def settle_in(bench: EngineHarness, *caps: str) -> HarnessClient:
    """Put anna, always on, into #tea with bob."""
    account(bench, "anna")
    anna = enter(bench, "anna", "anna", *caps)
    gather(bench, "#tea", "bob", "anna")
    days = bench.settings.always_on_days
    assert tell(bench, "anna", "SET ALWAYS-ON on") == [
        f"anna now stays in its rooms while no device is connected for up to {days} days"
    ]
    bench.people["bob"].heard()
    return anna


def names(bench: EngineHarness) -> str:
    """Return the members of #tea as bob sees them."""
    return bench.people["bob"].ask("NAMES #tea")[0].partition(" :")[2]


def decide(bench: EngineHarness, clock: MovedClock, *decisions: object) -> None:
    """Apply an administrator's change, as `chat-admin` does beside the running server."""
    for decision in decisions:
        Story(bench.database, bench.clock).apply(decision)  # type: ignore[arg-type]
    pass_time(bench, clock, 1)


def test_an_always_on_user_is_away_without_devices(bench: EngineHarness) -> None:
    anna = settle_in(bench)
    bench.connect("carol", "away-notify", "extended-monitor").ask("MONITOR + anna")
    anna.send("QUIT :good night")
    assert anna.ear.is_finished
    bench.play(
        f"""
        bob =
        carol < :anna!~anna@127.0.0.1 AWAY :{ABSENT}
        carol =
        carol > MONITOR S
        carol < :irc.example 730 carol :anna!~anna@127.0.0.1
        bob > WHO #tea %nf
        bob < :irc.example 354 bob bob H@
        bob < :irc.example 354 bob anna G
        bob ~ :irc.example 315 bob #tea :*
        bob > PRIVMSG anna :are you there?
        bob < :irc.example 301 bob anna :{ABSENT}
        bob =
        """
    )
    enter(bench, "anna", "anna")
    bench.play(
        """
        bob =
        carol < :anna!~anna@127.0.0.1 AWAY
        carol =
        """
    )
    assert user(bench, "anna").detached is None


def test_the_next_device_gets_rooms_and_missed_messages(bench: EngineHarness) -> None:
    settle_in(bench).hang_up()
    bench.people["bob"].send("PRIVMSG #tea :in the room", "PRIVMSG anna :to you alone", "TOPIC #tea :leaves")
    anna = bench.dial("anna")

    anna.send("CAP REQ :sasl", "AUTHENTICATE PLAIN", *plain("anna"), "NICK anna", "USER a 0 * :A", "CAP END")
    heard = codes(anna.heard())
    assert heard[heard.index("422") :] == ["422", "JOIN", "332", "333", "353", "366", "PRIVMSG", "PRIVMSG"]
    bench.play(
        """
        anna > NAMES #tea
        anna < :irc.example 353 anna = #tea :@bob anna
        anna ~ :irc.example 366 *
        bob > PRIVMSG anna :now
        anna < :bob!~bob@127.0.0.1 PRIVMSG anna :now
        anna =
        """
    )


def test_clients_with_chathistory_get_no_missed_messages(bench: EngineHarness) -> None:
    settle_in(bench).hang_up()
    bench.people["bob"].send("PRIVMSG anna :to you alone", "PRIVMSG #tea :to all")
    anna = enter(bench, "anna", "anna", *CAPS)
    assert texts(anna, "LATEST bob * 10") == ["to you alone"]
    assert texts(anna, "LATEST #tea * 10") == ["to all"]
    targets = anna.ask(
        "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2200-01-01T00:00:00.000Z 9"
    )
    assert [line.split(" ")[-2] for line in targets[1:-1]] == ["bob", "#tea"]


def test_an_explicit_away_message_is_kept(bench: EngineHarness) -> None:
    anna = settle_in(bench)
    bench.connect("carol", "away-notify")
    gather(bench, "#tea", "carol")
    anna.send("AWAY :having tea")
    bench.people["carol"].heard()
    anna.hang_up()
    enter(bench, "anna", "anna").send("PING x")
    bench.play("carol =")
    assert user(bench, "anna").away == "having tea"


def test_only_the_last_devices_disconnect_detaches(bench: EngineHarness) -> None:
    first = settle_in(bench)
    second = enter(bench, "anna", "anna")
    first.hang_up()
    assert user(bench, "anna").away is None
    second.hang_up()
    assert user(bench, "anna").away == ABSENT


def test_always_on_needs_the_account_nick(bench: EngineHarness) -> None:
    anna = settle_in(bench)
    anna.send("NICK elsewhere")
    bench.people["bob"].heard()
    anna.hang_up()
    bench.play("bob < :elsewhere!~anna@127.0.0.1 QUIT :Connection closed")


def test_the_nick_of_an_always_on_user_is_reserved(bench: EngineHarness) -> None:
    settle_in(bench).hang_up()
    thief = bench.dial("thief")
    assert codes(thief.ask("NICK anna", "USER x 0 * :x")) == ["433"]
    other = enter(bench, "phone", "anna")
    assert codes(other.ask("NICK anna")) == ["433"]


@pytest.mark.parametrize("how", ["kill -9", "stop"])
def test_always_on_state_survives_a_restart(bench: EngineHarness, clock: MovedClock, how: str) -> None:
    anna = settle_in(bench)
    anna.send("JOIN #own", "SETNAME :Anna of the Teas", "AWAY :having tea", "NICK Anna")
    bench.people["bob"].send("MODE #tea +v Anna")
    if how == "stop":
        bench.core.engine._committer.shut_down()
        assert anna.heard()[-1] == "ERROR :Closing link: The server is shutting down"
    bench.restart()
    found = user(bench, "anna")
    assert (found.nick, found.realname, found.away) == ("Anna", "Anna of the Teas", "having tea")
    assert found.detached is not None
    bench.connect("bob").send("JOIN #tea")
    bench.people["bob"].heard()
    assert names(bench) == "+Anna bob"
    again = enter(bench, "anna", "anna")
    assert set(again.ask("WHOIS anna")) >= {":irc.example 319 Anna Anna :+#tea @#own"}


def test_always_on_state_survives_a_second_restart(bench: EngineHarness, clock: MovedClock) -> None:
    settle_in(bench)
    for _ in range(2):
        bench.restart()
        assert user(bench, "anna").away == ABSENT
    detached = user(bench, "anna").detached
    pass_time(bench, clock, 60)
    bench.restart()
    assert user(bench, "anna").detached == detached


def test_guest_room_ops_survive_a_restart(bench: EngineHarness) -> None:
    """Ops in a guest's room are not stored as a role of an account."""
    bench.connect("guest").send("JOIN #left", "PART #left")
    settle_in(bench).send("JOIN #left", "MODE #left +m")
    bench.restart()
    anna = enter(bench, "anna", "anna")
    assert anna.ask("NAMES #left")[0].endswith(":@anna")


def test_after_a_crash_other_users_quit_in_each_room(bench: EngineHarness) -> None:
    bench.connect("guest").send("JOIN #tea,#milk")
    bench.restart()
    carol = bench.connect("carol", *CAPS, "draft/event-playback")
    for room in ("#tea", "#milk"):
        carol.send(f"JOIN {room}")
        carol.heard()
        found = carol.ask(f"CHATHISTORY LATEST {room} * 10")
        assert "QUIT" in [line.split(" ")[2] for line in found[1:-1]], found
        assert codes([carol.ask(f"NAMES {room}")[0].partition(" ")[2]]) == ["353"]
    assert bench.core.runtime.world.find_user("guest") is None


def test_changes_made_while_the_server_is_down_apply(bench: EngineHarness, clock: MovedClock) -> None:
    for decision in (
        lambda admin: kill_user(admin, "anna", "enough"),
        lambda admin: set_disabled(admin, "anna", True),
        lambda admin: set_always_on(admin, "anna", False),
    ):
        if bench.core.runtime.world.find_account("anna") is None:
            settle_in(bench)
        else:
            decide(bench, clock, lambda admin: set_disabled(admin, "anna", False))
            enter(bench, "anna", "anna").send("NS SET ALWAYS-ON on", "JOIN #tea")
        bench.core.runtime.ledger.close()
        Story(bench.database, bench.clock).apply(decision)
        bench.restart()
        assert bench.core.runtime.world.find_user("anna") is None
        bench.connect("bob").send("JOIN #tea")
        assert names(bench) == "@bob"


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        (lambda admin: set_always_on(admin, "anna", False), "Always-on is disabled"),
        (lambda admin: set_disabled(admin, "anna", True), "The account was disabled"),
        (lambda admin: kill_user(admin, "anna", "enough"), "Killed: enough"),
    ],
)
def test_an_administrator_can_end_always_on(
    bench: EngineHarness, clock: MovedClock, decision: object, reason: str
) -> None:
    settle_in(bench).hang_up()
    decide(bench, clock, decision)
    bench.play(f"bob < :anna!~anna@127.0.0.1 QUIT :{reason}")
    assert bench.core.runtime.world.find_user("anna") is None


def test_disabling_the_account_quits_once(bench: EngineHarness, clock: MovedClock) -> None:
    """One quit is one 731 (IRCv3 monitor)."""
    settle_in(bench).hang_up()
    carol = bench.connect("carol")
    carol.ask("MONITOR + anna")
    decide(bench, clock, lambda admin: set_disabled(admin, "anna", True))
    assert codes(carol.heard()) == ["731"]


def test_ending_always_on_keeps_connected_devices(bench: EngineHarness, clock: MovedClock) -> None:
    anna = settle_in(bench)
    decide(bench, clock, lambda admin: set_always_on(admin, "anna", False))
    bench.play("bob =")
    anna.hang_up()
    bench.play("bob < :anna!~anna@127.0.0.1 QUIT :Connection closed")


def test_always_on_expires_after_the_configured_days(make_bench: MakeBench, clock: MovedClock) -> None:
    bench = make_bench(always_on_days=2, ping_interval=86400, ping_timeout=86400)
    settle_in(bench).hang_up()
    pass_time(bench, clock, DAY)
    bench.people["bob"].ask("PING x")
    pass_time(bench, clock, DAY - 60)
    bench.people["bob"].ask("PING x")
    assert bench.core.runtime.world.find_user("anna") is not None
    pass_time(bench, clock, 120)
    bench.play("bob < :anna!~anna@127.0.0.1 QUIT :No device was connected for 2 days")


def test_zero_days_means_no_expiry(make_bench: MakeBench, clock: MovedClock) -> None:
    bench = make_bench(always_on_days=0, ping_interval=86400, ping_timeout=86400)
    account(bench, "anna")
    enter(bench, "anna", "anna").send("NS SET ALWAYS-ON on")
    bench.people["anna"].hang_up()
    pass_time(bench, clock, 36500 * DAY)
    assert bench.core.runtime.world.find_user("anna") is not None


@pytest.mark.parametrize(
    ("choice", "said", "stays"),
    [("off", "", False), ("opt-out", "", True), ("opt-out", "off", False), ("opt-in", "", False)],
)
def test_the_server_setting_limits_the_choice(
    make_bench: MakeBench, choice: str, said: str, stays: bool
) -> None:
    bench = make_bench(always_on=choice)
    account(bench, "anna")
    anna = enter(bench, "anna", "anna")
    if said:
        anna.send(f"NS SET ALWAYS-ON {said}")
    anna.hang_up()
    assert (bench.core.runtime.world.find_user("anna") is not None) == stays


def test_setting_always_on_without_permission_is_refused(make_bench: MakeBench) -> None:
    bench = make_bench(always_on="off")
    account(bench, "anna")
    enter(bench, "anna", "anna")
    bench.connect("bob")
    assert tell(bench, "bob", "SET ALWAYS-ON on") == ["Log in first with IDENTIFY"]
    assert tell(bench, "anna", "SET ALWAYS-ON on") == ["Always-on is disabled on this server"]


def test_values_other_than_on_and_off_are_refused(bench: EngineHarness) -> None:
    account(bench, "anna")
    enter(bench, "anna", "anna")
    assert tell(bench, "anna", "SET ALWAYS-ON perhaps") == ["Invalid value perhaps; use on or off"]


def test_the_welcome_has_one_marker_for_each_room(bench: EngineHarness) -> None:
    """Across a reconnect there is exactly one MARKREAD for the channel."""
    anna = settle_in(bench, "draft/read-marker")
    anna.send("MARKREAD #tea timestamp=2026-11-22T12:00:00.000Z")
    anna.hang_up()

    anna = bench.dial("anna")
    anna.send("CAP REQ :sasl draft/read-marker", "AUTHENTICATE PLAIN", *plain("anna"))
    anna.send("NICK anna", "USER a 0 * :A", "CAP END")
    marks = [line for line in anna.heard() if "MARKREAD" in line]
    assert marks == [":irc.example MARKREAD #tea timestamp=2026-11-22T12:00:00.000Z"]


def test_a_kick_removes_a_detached_user(bench: EngineHarness) -> None:
    settle_in(bench).hang_up()
    bench.people["bob"].send("KICK #tea anna")
    bench.restart()
    assert user(bench, "anna").rooms == set()


def test_another_nick_is_told_how_to_reattach(bench: EngineHarness) -> None:
    """The always-on session keeps the nick even from its own account: sessions never merge."""
    settle_in(bench).hang_up()
    bench.connect("annie")
    bench.people["annie"].ask("PRIVMSG NickServ :IDENTIFY anna :" + PASSWORD)
    why = "Your account already uses this nick; to connect another device, log in by SASL or PASS"
    assert bench.people["annie"].ask("NICK anna") == [f":irc.example 433 annie anna :{why}"]
