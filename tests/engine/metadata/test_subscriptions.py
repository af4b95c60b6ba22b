"""METADATA SUB and notifications (IRCv3 draft/metadata-3)."""

import pytest

from app.commands.metadata.limits import MAX_SUBSCRIPTIONS
from app.services.administration import moderation
from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine import scenes
from tests.engine.account_clients import account, enter, log_in, plain
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.story import Story

CAPS = ("draft/metadata-3", "batch", "labeled-response")


def subscriber(bench: EngineHarness, name: str, *keys: str) -> HarnessClient:
    """Connect a client subscribed to keys."""
    person = bench.connect(name, *CAPS)
    person.ask(f"METADATA * SUB {' '.join(keys)}")
    return person


def test_subscribing_confirms_keys_and_requires_a_sync(bench: EngineHarness) -> None:
    """The reply is 770, perhaps followed by 774, in the order of the keys."""
    bench.connect("alice", *CAPS)
    bench.play(
        """
        alice > METADATA * SUB display-name avatar avatar
        alice < :irc.example 770 alice display-name avatar
        alice ~ :irc.example 774 alice *ALL 0 :*
        alice > METADATA alice SUB avatar
        alice < :irc.example 770 alice avatar
        alice > METADATA * SUB color Bad avatar
        alice ~ :irc.example WARN METADATA INVALID_KEY Bad :*
        alice < :irc.example 770 alice color avatar
        alice ~ :irc.example 774 alice *ALL 0 :*
        alice > METADATA * SUBS
        alice ~ :irc.example BATCH +* metadata-subs
        alice ~ @batch=* :irc.example 772 alice avatar color display-name
        alice ~ :irc.example BATCH -*
        alice > METADATA * UNSUB avatar nothing avatar
        alice < :irc.example 771 alice avatar nothing
        alice > METADATA * UNSUB Bad
        alice ~ :irc.example WARN METADATA INVALID_KEY Bad :*
        alice > METADATA * SUBS
        alice ~ * BATCH +* metadata-subs
        alice ~ * 772 alice color display-name
        alice ~ * BATCH -*
        alice =
        """
    )


@pytest.mark.parametrize("word", ["SUB color", "UNSUB color", "SUBS"])
def test_subscriptions_for_others_are_refused(bench: EngineHarness, word: str) -> None:
    bench.connect("alice", *CAPS)
    bench.connect("bob", *CAPS)
    for target in ("bob", "nobody", "#tea"):
        bench.play(
            f"""
            alice > METADATA {target} {word}
            alice ~ :irc.example FAIL METADATA INVALID_TARGET {target} :*
            alice =
            """
        )


def test_subscriptions_need_and_end_with_the_capability(
    bench: EngineHarness,
) -> None:
    """Disabling metadata or batch clears the list (draft/metadata-3, "Capability")."""
    alice = bench.connect("alice", "batch")
    bench.play(
        """
        alice > METADATA * SUB color
        alice ~ :irc.example FAIL METADATA INVALID_PARAMS SUB :*
        alice > CAP REQ draft/metadata-3
        alice ~ * ACK *
        alice > METADATA * SUB color
        alice < :irc.example 770 alice color
        alice ~ * 774 *
        alice =
        """
    )
    for cap in ("batch", "draft/metadata-3"):
        alice.ask("METADATA * SUB color", f"CAP REQ -{cap}", f"CAP REQ {cap}")
        assert [line.split(" ")[1] for line in alice.ask("METADATA * SUBS")] == ["BATCH", "BATCH"]


def test_the_first_subscription_over_the_limit_is_named(bench: EngineHarness) -> None:
    alice = bench.connect("alice", *CAPS)
    for number in range(MAX_SUBSCRIPTIONS - 1):
        alice.ask(f"METADATA * SUB k{number}")
    bench.play(
        f"""
        alice > METADATA * SUB k0 last more k1
        alice ~ :irc.example FAIL METADATA LIMIT_REACHED more {MAX_SUBSCRIPTIONS} :*
        alice < :irc.example 770 alice k0 last
        alice ~ * 774 alice *ALL 0 :*
        alice > METADATA * SUB k1
        alice < :irc.example 770 alice k1
        alice =
        """
    )
    lines = alice.ask("METADATA * SUBS")
    listed = [word for line in lines[1:-1] for word in line.split(" 772 alice ")[1].split()]
    assert len(listed) == len(set(listed)) == MAX_SUBSCRIPTIONS
    assert all(len(line.encode()) <= 510 for line in lines)


def test_a_change_reaches_subscribers_in_shared_rooms_once(bench: EngineHarness) -> None:
    """Unsubscribed and unrelated clients are not notified; the author gets its reply."""
    subscriber(bench, "alice", "color")
    subscriber(bench, "bob", "color")
    subscriber(bench, "carol", "color")
    subscriber(bench, "dan", "avatar")
    scenes.gather(bench, "#tea", "alice", "bob", "dan")
    scenes.gather(bench, "#milk", "alice", "bob")
    bench.play(
        """
        alice > METADATA * SET color red
        alice < :irc.example 761 alice alice color * :red
        bob < :irc.example 761 * alice color * :red
        alice > METADATA * SET color red
        alice < :irc.example 761 alice alice color * :red
        alice > METADATA * SET avatar x
        alice < :irc.example 761 alice alice avatar * :x
        dan < :irc.example 761 * alice avatar * :x
        alice > METADATA * SET color
        alice < :irc.example 766 alice alice color :The key is not set
        bob < :irc.example 766 * alice color :The key is not set
        alice > METADATA * CLEAR
        alice ~ * BATCH +* metadata alice
        alice ~ * 766 alice alice avatar :*
        alice ~ * BATCH -*
        dan < :irc.example 766 * alice avatar :The key is not set
        bob > METADATA * UNSUB color
        bob ~ * 771 *
        alice > METADATA * SET color blue
        alice ~ * 761 *
        alice =
        bob =
        carol =
        dan =
        """
    )


def test_notifications_carry_server_time(bench: EngineHarness) -> None:
    alice, bob = bench.connect("alice", *CAPS), bench.connect("bob", *CAPS, "server-time", "account-tag")
    bob.ask("METADATA * SUB color")
    scenes.gather(bench, "#tea", "alice", "bob")
    alice.send("METADATA * SET color red")
    (line,) = map(parse, bob.heard())
    assert (line.command, list(line.tags)) == ("761", ["time"])


def test_a_join_sends_channel_and_member_values_once(bench: EngineHarness) -> None:
    """The values come within the join burst; without subscriptions the batch is empty."""
    alice, bob = scenes.gather(bench, "#tea", "alice", "bob")
    alice.ask(
        "METADATA #tea SET url https://tea.example", "METADATA * SET color red", "METADATA * SET avatar a"
    )
    bob.ask("METADATA * SET color blue")
    subscriber(bench, "carol", "color", "url").ask("METADATA * SET color green")
    bench.connect("dan", *CAPS)
    bench.play(
        """
        carol > @label=j JOIN #tea
        carol ~ @label=j * BATCH +* labeled-response
        carol ~ * JOIN #tea
        carol ~ * 353 *
        carol ~ * 366 *
        carol ~ @batch=* :irc.example BATCH +* metadata #tea
        carol ~ @batch=* :irc.example 761 carol #tea url * :https://tea.example
        carol ~ @batch=* :irc.example 761 carol alice color * :red
        carol ~ @batch=* :irc.example 761 carol bob color * :blue
        carol ~ @batch=* :irc.example 761 carol carol color * :green
        carol ~ @batch=* :irc.example BATCH -*
        carol ~ :irc.example BATCH -*
        carol =
        dan > JOIN #tea
        dan ~ * JOIN #tea
        dan ~ * 353 *
        dan ~ * 366 *
        dan ~ :irc.example BATCH +* metadata #tea
        dan ~ :irc.example BATCH -*
        dan =
        carol ~ * JOIN #tea
        carol =
        """
    )


def test_sync_covers_a_user_a_channel_or_everything_visible(bench: EngineHarness) -> None:
    alice, bob = scenes.gather(bench, "#tea", "alice", "bob")
    stranger, friend = bench.connect("stranger"), bench.connect("friend")
    for person, color in ((alice, "red"), (stranger, "grey"), (friend, "gold")):
        person.ask(f"METADATA * SET color {color}", "METADATA * SET other x")
    alice.ask("METADATA #tea SET color green")
    bob.ask(f"CAP REQ :{' '.join(CAPS)}", "METADATA * SUB color", "MONITOR + friend,alice,gone")
    assert told(bob.ask("METADATA alice SYNC")) == [("alice", "color", "red")]
    assert told(bob.ask("METADATA stranger SYNC")) == [("stranger", "color", "grey")]
    assert told(bob.ask("METADATA #tea SYNC")) == [("#tea", "color", "green"), ("alice", "color", "red")]
    everything = [("#tea", "color", "green"), ("alice", "color", "red"), ("friend", "color", "gold")]
    assert sorted(told(bob.ask("METADATA *ALL SYNC"))) == everything
    assert bob.ask("METADATA *ALL SYNC")[0].endswith(" metadata *ALL")


def told(lines: list[str]) -> list[tuple[str, ...]]:
    """Return target, key and value of each line of the batch."""
    first, *inside, last = lines
    name = first.split(" ")[2].removeprefix("+")
    assert last == f":irc.example BATCH -{name}"
    assert all(line.startswith(f"@batch={name} ") for line in inside)
    return [(*line.split(" ")[4:6], line.rpartition(" :")[2]) for line in inside]


def test_monitoring_a_user_sends_current_and_later_values(bench: EngineHarness) -> None:
    """A batch follows each 730 (draft/metadata-3, "Automatic synchronization")."""
    bench.connect("alice").ask("METADATA * SET color red", "METADATA * SET avatar x")
    subscriber(bench, "bob", "color")
    bench.connect("dan")
    bench.play(
        """
        dan > MONITOR + alice
        dan ~ * 730 dan :alice!*
        bob > MONITOR + alice,carol
        bob ~ * 730 bob :alice!*
        bob < :irc.example 731 bob :carol
        bob ~ :irc.example BATCH +* metadata alice
        bob ~ @batch=* :irc.example 761 bob alice color * :red
        bob ~ :irc.example BATCH -*
        alice > METADATA * SET color blue
        bob < :irc.example 761 * alice color * :blue
        alice > NICK carol
        bob < :irc.example 731 * :alice
        bob ~ :irc.example 730 * :carol!*
        bob ~ :irc.example BATCH +* metadata carol
        bob ~ @batch=* :irc.example 761 bob carol color * :blue
        bob ~ :irc.example BATCH -*
        bob > MONITOR C
        alice > METADATA * SET color green
        bob =
        dan < :irc.example 731 * :alice
        dan =
        """
    )


def test_sharing_a_room_and_monitoring_notifies_once(bench: EngineHarness) -> None:
    alice, bob = scenes.gather(bench, "#tea", "alice", "bob")
    bob.ask(f"CAP REQ :{' '.join(CAPS)}", "METADATA * SUB color", "MONITOR + alice")
    alice.ask("METADATA * SET color red")
    assert bob.heard() == [":irc.example 761 * alice color * :red"]


def test_leaving_the_room_ends_notifications(bench: EngineHarness) -> None:
    alice, bob = scenes.gather(bench, "#tea", "alice", "bob")
    bob.ask(f"CAP REQ :{' '.join(CAPS)}", "METADATA * SUB color")
    alice.ask("KICK #tea bob", "METADATA * SET color red", "METADATA #tea SET color green")
    assert [line.split(" ")[1] for line in bob.heard()] == ["KICK"]


def test_metadata_can_be_set_before_registration(bench: EngineHarness) -> None:
    """draft/metadata-3, "Setting keys and subscribing with before-connect"."""
    subscriber(bench, "watcher", "display-name").ask("MONITOR + abc")
    person = bench.dial("abc")
    bench.play(
        """
        abc > CAP REQ :batch draft/metadata-3
        abc ~ * ACK *
        abc > METADATA * SUB display-name
        abc < :irc.example 770 * display-name
        abc > METADATA * SET display-name :a b c
        abc < :irc.example 761 * * display-name * :a b c
        abc > METADATA * SET color red
        abc < :irc.example 761 * * color * :red
        abc > METADATA * SET color
        abc ~ :irc.example 766 * * color :*
        abc > METADATA watcher GET display-name
        abc ~ :irc.example FAIL METADATA INVALID_TARGET watcher :*
        abc > METADATA *ALL SYNC
        abc ~ :irc.example FAIL METADATA INVALID_TARGET *ALL :*
        abc > METADATA * LIST
        abc ~ :irc.example BATCH +* metadata *
        abc ~ @batch=* :irc.example 761 * * display-name * :a b c
        abc ~ :irc.example BATCH -*
        abc > METADATA * SYNC
        abc ~ :irc.example BATCH +* metadata *
        abc ~ :irc.example BATCH -*
        abc =
        """
    )
    person.send("NICK abc", "USER u s e r", "CAP END")
    heard = person.heard()
    end = next(place for place, line in enumerate(heard) if " 422 " in line or " 376 " in line)
    start = next(place for place, line in enumerate(heard) if " BATCH +" in line)
    assert start < end
    assert heard[start].endswith(" metadata abc")
    assert heard[start + 1].endswith(" :irc.example 761 abc abc display-name * :a b c")
    assert " BATCH -" in heard[start + 2]
    bench.play(
        """
        watcher ~ :irc.example 730 * :abc!*
        watcher ~ :irc.example BATCH +* metadata abc
        watcher ~ :irc.example BATCH -*
        watcher < :irc.example 761 * abc display-name * :a b c
        watcher =
        abc > METADATA * SUBS
        abc ~ * BATCH *
        abc ~ * 772 abc display-name
        abc ~ * BATCH *
        """
    )


def test_the_welcome_has_an_empty_batch_without_metadata(bench: EngineHarness) -> None:
    person = bench.dial("abc")
    person.send("CAP REQ :batch draft/metadata-3", "NICK abc", "USER u s e r", "CAP END")
    lines = [line for line in person.heard() if " BATCH " in line]
    assert [line.split(" ")[3:] for line in lines] == [["metadata", "abc"], []]
    quiet = bench.dial("dan")
    quiet.send("CAP REQ batch", "NICK dan", "USER u s e r", "CAP END")
    assert not any(" BATCH " in line for line in quiet.heard())


def test_account_metadata_is_shared_by_devices_and_nicks(bench: EngineHarness) -> None:
    """Notifications name each nick; subscriptions belong to the connection."""
    account(bench, "anna")
    phone = enter(bench, "anna", "anna", *CAPS)
    phone.ask("METADATA * SUB color", "JOIN #tea")
    laptop = enter(bench, "anna", "anna", *CAPS)
    bench.people["phone"], bench.people["laptop"] = phone, laptop
    work = enter(bench, "anna-work", "anna", *CAPS)
    work.ask("METADATA * SUB color", "JOIN #tea")
    bob = subscriber(bench, "bob", "color")
    bob.ask("JOIN #tea")
    for person in (phone, laptop, work):
        person.heard()
    assert laptop.ask("METADATA * SUBS")[1].startswith(":irc.example BATCH -")
    bench.play(
        """
        laptop > METADATA * SET color red
        laptop < :irc.example 761 anna anna color * :red
        laptop =
        phone < :irc.example 761 * anna color * :red
        phone < :irc.example 761 * anna-work color * :red
        phone =
        bob < :irc.example 761 * anna color * :red
        bob < :irc.example 761 * anna-work color * :red
        bob =
        """
    )
    assert sorted(work.heard()) == [
        ":irc.example 761 * anna color * :red",
        ":irc.example 761 * anna-work color * :red",
    ]
    assert work.ask("METADATA anna SET color") == [
        ":irc.example 766 * anna-work color :The key is not set",
        ":irc.example 766 anna-work anna color :The key is not set",
    ]
    assert len(bob.heard()) == 2


def test_login_and_logout_switch_the_metadata(bench: EngineHarness) -> None:
    """Account values replace the guest's; subscribers are notified of the differences."""
    account(bench, "anna")
    enter(bench, "anna", "anna").ask("METADATA * SET color red", "METADATA * SET avatar x", "QUIT")
    guest = bench.connect("guest", *CAPS, "sasl")
    guest.ask(
        "METADATA * SET color blue",
        "METADATA * SET display-name Guest",
        "METADATA * SET avatar x",
        "JOIN #tea",
    )
    subscriber(bench, "bob", "color", "avatar", "display-name").ask("JOIN #tea")
    guest.heard()
    assert any(" 900 " in line for line in log_in(guest, "anna"))
    bench.play(
        """
        bob < :irc.example 761 * guest color * :red
        bob < :irc.example 766 * guest display-name :The key is not set
        bob =
        guest > LOGOUT
        guest .
        bob < :irc.example 766 * guest avatar :The key is not set
        bob < :irc.example 766 * guest color :The key is not set
        bob =
        """
    )


def test_registering_keeps_a_guests_metadata(bench: EngineHarness) -> None:
    anna = bench.connect("anna", *CAPS)
    anna.ask("METADATA * SET color red", "JOIN #tea")
    bob = subscriber(bench, "bob", "color")
    bob.ask("JOIN #tea")
    anna.ask("REGISTER * * :sesame street")
    assert bob.heard() == []
    bench.restart()
    again = enter(bench, "anna", "anna", *CAPS)
    assert told(again.ask("METADATA * LIST")) == [("anna", "color", "red")]


def test_account_and_channel_metadata_survive_a_restart(
    bench: EngineHarness,
) -> None:
    account(bench, "anna")
    anna = enter(bench, "anna", "anna", *CAPS)
    guest = bench.connect("guest", *CAPS)
    anna.ask("METADATA * SET color red", "METADATA * SET avatar x", "METADATA * SET avatar", "JOIN #tea")
    anna.ask("METADATA #tea SET url https://tea.example", "METADATA #tea SET a :b c")
    guest.ask("METADATA * SET color blue")
    bench.restart()
    anna = enter(bench, "anna", "anna", *CAPS)
    bench.connect("guest")
    assert told(anna.ask("METADATA * LIST")) == [("anna", "color", "red")]
    assert told(anna.ask("METADATA guest LIST")) == []
    anna.ask("JOIN #tea")
    assert told(anna.ask("METADATA #tea LIST")) == [
        ("#tea", "a", "b c"),
        ("#tea", "url", "https://tea.example"),
    ]


def enter_saying(bench: EngineHarness, said: str) -> list[str]:
    """Connect with the account `anna` after setting metadata early, and return the replies."""
    anna = bench.dial("anna")
    anna.send("CAP REQ :sasl batch draft/metadata-3", said, "AUTHENTICATE PLAIN", *plain("anna"))
    anna.send("NICK anna", "USER a 0 * :A", "CAP END")
    return anna.heard()


def test_metadata_set_before_registration_goes_to_the_account(
    bench: EngineHarness,
) -> None:
    account(bench, "anna")
    assert any(
        " 761 anna anna color * :red" in line for line in enter_saying(bench, "METADATA * SET color red")
    )
    bench.restart()
    again = enter(bench, "anna", "anna", *CAPS)
    assert told(again.ask("METADATA * LIST")) == [("anna", "color", "red")]


def test_values_over_the_limit_are_refused_at_login(make_bench: MakeBench) -> None:
    bench = make_bench(max_metadata=1)
    account(bench, "anna")
    enter(bench, "anna", "anna").ask("METADATA * SET avatar x", "QUIT")
    heard = enter_saying(bench, "METADATA * SET color red")
    assert sum(":irc.example FAIL METADATA LIMIT_REACHED anna 1 :" in line for line in heard) == 1
    assert [line.partition(" 761 ")[2] for line in heard if " 761 " in line] == [
        "* * color * :red",
        "anna anna avatar * :x",
    ]


def test_metadata_removed_by_chat_admin_is_announced_at_once(bench: EngineHarness, clock: MovedClock) -> None:
    """An administrator removes an offensive picture beside the running server."""
    account(bench, "anna")
    anna, work = enter(bench, "anna", "anna", *CAPS), enter(bench, "anna-work", "anna")
    for person in (anna, work):
        person.ask("JOIN #tea")
    anna.ask("METADATA * SET avatar x", "METADATA #tea SET avatar y", "METADATA * SET color red")
    subscriber(bench, "bob", "avatar").ask("JOIN #tea")
    story = Story(bench.database, clock)
    story.apply(lambda admin: moderation.remove_account_metadata(admin, "anna", ["avatar"]))
    story.apply(lambda admin: moderation.remove_room_metadata(admin, "tea", ()))
    clock.instant += 300
    bench.core.engine.cycle([])
    bench.play(
        """
        bob < :irc.example 766 * anna avatar :The key is not set
        bob < :irc.example 766 * anna-work avatar :The key is not set
        bob < :irc.example 766 * #tea avatar :The key is not set
        bob =
        """
    )
    assert told(anna.ask("METADATA * LIST")) == [("anna", "color", "red")]
