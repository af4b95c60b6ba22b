"""METADATA GET, LIST, SET and CLEAR (IRCv3 draft/metadata-3)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands.metadata.limits import MAX_VALUE_BYTES
from app.engine.limits.server_rate_limits import MAX_METADATA_CHANGES, METADATA_SECONDS
from app.wire.line import parse
from app.wire.metadata import MAX_KEY_BYTES, is_key
from tests.conftest import MovedClock
from tests.engine import scenes
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness

CAPS = ("draft/metadata-3", "batch", "labeled-response")


def test_values_are_returned_in_one_batch_in_the_requested_order(bench: EngineHarness) -> None:
    """GET and LIST reply in a batch, even for one line or none; SET does not."""
    bench.connect("alice", *CAPS)
    bench.connect("bob", *CAPS)
    bench.play(
        """
        alice > METADATA * SET avatar https://example.org/a.png
        alice < :irc.example 761 alice alice avatar * :https://example.org/a.png
        alice > METADATA ALICE SET display-name :Alice of the tea room
        alice < :irc.example 761 alice alice display-name * :Alice of the tea room
        alice =
        bob > METADATA ALICE GET display-name color avatar
        bob ~ :irc.example BATCH +* metadata alice
        bob ~ @batch=* :irc.example 761 bob alice display-name * :Alice of the tea room
        bob ~ @batch=* :irc.example 766 bob alice color :The key is not set
        bob ~ @batch=* :irc.example 761 bob alice avatar * :https://example.org/a.png
        bob ~ :irc.example BATCH -*
        bob > METADATA alice LIST
        bob ~ :irc.example BATCH +* metadata alice
        bob ~ @batch=* :irc.example 761 bob alice avatar * :https://example.org/a.png
        bob ~ @batch=* :irc.example 761 bob alice display-name * :Alice of the tea room
        bob ~ :irc.example BATCH -*
        bob > METADATA * LIST
        bob ~ :irc.example BATCH +* metadata bob
        bob ~ :irc.example BATCH -*
        bob =
        """
    )


def test_values_can_be_cleared_singly_or_together(bench: EngineHarness) -> None:
    """SET without a value, or with an empty one, replies 766; CLEAR replies 766 for each key."""
    bench.connect("alice", *CAPS)
    bench.play(
        """
        alice > METADATA * SET avatar x
        alice < :irc.example 761 alice alice avatar * :x
        alice > METADATA * SET color red
        alice < :irc.example 761 alice alice color * :red
        alice > METADATA * SET status :here
        alice < :irc.example 761 alice alice status * :here
        alice > METADATA * SET avatar
        alice < :irc.example 766 alice alice avatar :The key is not set
        alice > METADATA * SET avatar :
        alice < :irc.example 766 alice alice avatar :The key is not set
        alice > METADATA * CLEAR
        alice ~ :irc.example BATCH +* metadata alice
        alice ~ @batch=* :irc.example 766 alice alice color :The key is not set
        alice ~ @batch=* :irc.example 766 alice alice status :The key is not set
        alice ~ :irc.example BATCH -*
        alice > METADATA * CLEAR
        alice ~ :irc.example BATCH +* metadata alice
        alice ~ :irc.example BATCH -*
        alice =
        """
    )


def test_the_label_is_on_the_batch_or_the_single_line(bench: EngineHarness) -> None:
    bench.connect("alice", *CAPS)
    bench.play(
        """
        alice > @label=1 METADATA * SET color red
        alice < @label=1 :irc.example 761 alice alice color * :red
        alice > @label=2 METADATA * GET color
        alice ~ @label=2 :irc.example BATCH +* metadata alice
        alice ~ @batch=* :irc.example 761 alice alice color * :red
        alice ~ :irc.example BATCH -*
        alice > @label=3 METADATA nobody LIST
        alice ~ @label=3 :irc.example FAIL METADATA INVALID_TARGET nobody :*
        alice > @label=4 METADATA * SUB color
        alice ~ @label=4 :irc.example BATCH +* labeled-response
        alice ~ @batch=* :irc.example 770 alice color
        alice ~ @batch=* :irc.example 774 alice *ALL 0 :*
        alice ~ :irc.example BATCH -*
        alice > @label=5 METADATA * SYNC
        alice ~ @label=5 :irc.example BATCH +* metadata alice
        alice ~ @batch=* :irc.example 761 alice alice color * :red
        alice ~ :irc.example BATCH -*
        alice =
        """
    )


def test_without_batches_the_reply_has_an_end_numeric(bench: EngineHarness) -> None:
    """Clients without batches, such as `nc`, get the numerics unbatched."""
    bench.connect("alice")
    bench.play(
        """
        alice > METADATA * LIST
        alice < :irc.example 762 alice :End of metadata
        alice > metadata * set color red
        alice < :irc.example 761 alice alice color * :red
        alice > METADATA * get color
        alice < :irc.example 761 alice alice color * :red
        alice < :irc.example 762 alice :End of metadata
        alice =
        """
    )


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("METADATA", "461 alice METADATA"),
        ("METADATA *", "461 alice METADATA"),
        ("METADATA * SET", "461 alice METADATA"),
        ("METADATA * GET", "461 alice METADATA"),
        ("METADATA * SUB", "461 alice METADATA"),
        ("METADATA * SNEEZE", "FAIL METADATA INVALID_PARAMS SNEEZE"),
        ("METADATA * :two words", "FAIL METADATA INVALID_PARAMS *"),
        ("METADATA * ::", "FAIL METADATA INVALID_PARAMS *"),
        ("METADATA nobody GET color", "FAIL METADATA INVALID_TARGET nobody"),
        ("METADATA nobody LIST", "FAIL METADATA INVALID_TARGET nobody"),
        ("METADATA nobody SET color red", "FAIL METADATA INVALID_TARGET nobody"),
        ("METADATA nobody CLEAR", "FAIL METADATA INVALID_TARGET nobody"),
        ("METADATA nobody SYNC", "FAIL METADATA INVALID_TARGET nobody"),
        ("METADATA #nowhere LIST", "FAIL METADATA INVALID_TARGET #nowhere"),
        ("METADATA *ALL LIST", "FAIL METADATA INVALID_TARGET *ALL"),
        ("METADATA $a:user SET url x", "FAIL METADATA INVALID_TARGET $a:user"),
        ("METADATA * SET $url$ x", "FAIL METADATA INVALID_KEY $url$"),
        ("METADATA * SET Color x", "FAIL METADATA INVALID_KEY Color"),
        ("METADATA * SET : x", "FAIL METADATA INVALID_KEY _x"),
        ("METADATA bob SET color red", "FAIL METADATA KEY_NO_PERMISSION bob color"),
        ("METADATA bob SET color", "FAIL METADATA KEY_NO_PERMISSION bob color"),
        ("METADATA bob CLEAR", "FAIL METADATA KEY_NO_PERMISSION bob *"),
        (f"METADATA * SET color {'x' * 480}", "FAIL METADATA INVALID_VALUE color"),
        (f"METADATA * SET color {'x' * (MAX_VALUE_BYTES + 1)}", "FAIL METADATA INVALID_VALUE color"),
        (f"METADATA * SET color {'я' * (MAX_VALUE_BYTES // 2 + 1)}", "FAIL METADATA INVALID_VALUE color"),
    ],
)
def test_invalid_requests_are_refused_with_one_line(bench: EngineHarness, asked: str, answer: str) -> None:
    bench.connect("alice", *CAPS)
    bench.connect("bob", *CAPS)
    bench.play(
        f"""
        alice > {asked}
        alice ~ :irc.example {answer} :*
        alice =
        bob =
        alice > METADATA bob LIST
        alice ~ * BATCH +* metadata bob
        alice ~ * BATCH -*
        """
    )


def test_invalid_utf8_is_refused_with_the_command_name(bench: EngineHarness) -> None:
    """The FAIL reply names the command."""
    alice = bench.connect("alice", *CAPS)
    alice.send_bytes(b"METADATA * SET display-name :\xff\xfe\r\n")
    bench.play(
        """
        alice ~ :irc.example FAIL METADATA INVALID_UTF8 :*
        alice =
        """
    )


def test_invalid_keys_among_several_are_skipped(bench: EngineHarness) -> None:
    """draft/metadata-3, "METADATA GET": replies are in the requested order."""
    bench.connect("alice", *CAPS)
    bench.play(
        """
        alice > METADATA * GET a %b c
        alice ~ * BATCH +* metadata alice
        alice ~ @batch=* :irc.example 766 alice alice a :*
        alice ~ @batch=* :irc.example WARN METADATA INVALID_KEY %b :*
        alice ~ @batch=* :irc.example 766 alice alice c :*
        alice ~ * BATCH -*
        alice =
        """
    )


def test_an_empty_reply_is_labelled_too(bench: EngineHarness) -> None:
    bench.connect("alice", *CAPS)
    bench.play(
        """
        alice > @label=9 METADATA * SUBS
        alice ~ @label=9 :irc.example BATCH +* metadata-subs
        alice ~ :irc.example BATCH -*
        alice =
        """
    )


@pytest.mark.parametrize(
    "server", ["irc.example", "a-very-long-name-of-a-server.somewhere.in.the.network.example"]
)
def test_the_longest_advertised_value_is_sent_whole(make_bench: MakeBench, server: str) -> None:
    """`max-value-bytes` holds for every key and the longest nicks on both sides."""
    bench = make_bench(servername=server, nick_length=64)
    alice = bench.dial("alice")
    lines = [parse(line).params[-1] for line in alice.ask("CAP LS 302")]
    value = re.search(r"\bdraft/metadata-3=(\S+)", " ".join(lines))
    tokens = value[1].split(",") if value else []
    assert [token for token in tokens if not token.startswith("max-value-bytes=")] == [
        "before-connect",
        "max-subs=50",
        "max-keys=50",
        "max-key-bytes=48",
    ]
    most = int(tokens[-1].removeprefix("max-value-bytes="))
    assert 200 < most < 480
    longest = "n" * 64
    bench.connect(longest)
    asker = bench.connect("m" * 64)
    line = f"METADATA * SET {'k' * MAX_KEY_BYTES} :{'v' * most}"
    assert bench.people[longest].ask(line)[0].endswith(" * :" + "v" * most)
    told = asker.ask(f"METADATA {longest} GET {'k' * MAX_KEY_BYTES}")[0]
    assert told.endswith(" * :" + "v" * most)
    assert len(told.encode()) <= 510


def test_a_value_that_does_not_fit_the_line_is_refused(make_bench: MakeBench) -> None:
    bench = make_bench(room_length=128)
    room = "#" + "ж" * 99
    scenes.gather(bench, room, "alice")
    bench.play(
        f"""
        alice > METADATA {room} SET url :{"x" * 250}
        alice ~ :irc.example FAIL METADATA INVALID_VALUE url :The value must have at most * bytes
        alice > METADATA {room} SET url :{"x" * 200}
        alice < :irc.example 761 alice {room} url * :{"x" * 200}
        """
    )


def test_the_number_of_keys_is_limited(make_bench: MakeBench) -> None:
    bench = make_bench(max_metadata=2)
    bench.connect("alice", *CAPS)
    bench.play(
        """
        alice > METADATA * SET a 1
        alice < :irc.example 761 alice alice a * :1
        alice > METADATA * SET b 2
        alice < :irc.example 761 alice alice b * :2
        alice > METADATA * SET c 3
        alice ~ :irc.example FAIL METADATA LIMIT_REACHED alice 2 :*
        alice > METADATA * SET b 4
        alice < :irc.example 761 alice alice b * :4
        alice > METADATA * SET a
        alice ~ :irc.example 766 alice alice a :*
        alice > METADATA * SET c 3
        alice < :irc.example 761 alice alice c * :3
        alice =
        """
    )


def test_changes_are_rate_limited(bench: EngineHarness, clock: MovedClock) -> None:
    """Only changes count; setting the current value again is free."""
    alice = bench.connect("alice", *CAPS)
    for number in range(MAX_METADATA_CHANGES):
        alice.ask(f"METADATA * SET color {number}", f"METADATA * SET color {number}")
    bench.play(
        """
        alice > METADATA * SET color red
        alice ~ :irc.example FAIL METADATA RATE_LIMITED alice color 60 :*
        alice > METADATA * CLEAR
        alice ~ :irc.example FAIL METADATA RATE_LIMITED alice * 60 :*
        """
    )
    clock.instant += int(METADATA_SECONDS * 1000)
    bench.play(
        """
        alice > METADATA * SET color red
        alice < :irc.example 761 alice alice color * :red
        """
    )


def test_channel_metadata_is_set_by_operators_and_sent_to_members(bench: EngineHarness) -> None:
    """Without ops the reply is KEY_NO_PERMISSION, nothing changes and nobody is notified."""
    bench.connect("carol", *CAPS)
    scenes.gather(bench, "#tea", "alice", "bob")
    for name in ("alice", "bob", "carol"):
        bench.people[name].ask("CAP REQ :batch draft/metadata-3", "METADATA * SUB url")
    bench.play(
        """
        bob > METADATA #tea SET url https://evil.example
        bob ~ :irc.example FAIL METADATA KEY_NO_PERMISSION #tea url :*
        bob > METADATA #tea CLEAR
        bob ~ :irc.example FAIL METADATA KEY_NO_PERMISSION #tea * :*
        carol > METADATA #tea SET url https://evil.example
        carol ~ :irc.example FAIL METADATA KEY_NO_PERMISSION #tea url :*
        alice =
        alice > METADATA #TEA SET url https://tea.example
        alice < :irc.example 761 alice #tea url * :https://tea.example
        bob < :irc.example 761 * #tea url * :https://tea.example
        bob > METADATA #tea LIST
        bob ~ * BATCH +* metadata #tea
        bob ~ * 761 bob #tea url * :https://tea.example
        bob ~ * BATCH -*
        alice > METADATA #tea CLEAR
        alice ~ * BATCH +* metadata #tea
        alice ~ * 766 alice #tea url :*
        alice ~ * BATCH -*
        bob < :irc.example 766 * #tea url :The key is not set
        alice =
        bob =
        carol =
        """
    )


@pytest.mark.parametrize("mode", ["", "+i", "+k secret"])
def test_channel_metadata_is_hidden_from_outsiders(bench: EngineHarness, mode: str) -> None:
    """GET, LIST and SYNC by outsiders are answered, but never with the value."""
    alice, _ = *scenes.gather(bench, "#tea", "alice"), bench.connect("carol", *CAPS)
    alice.ask(f"MODE #tea {mode}", "METADATA #tea SET url https://tea.example", "METADATA * SET url mine")
    bench.play(
        """
        carol > METADATA * SUB url
        carol ~ * 770 carol url
        carol ~ * 774 carol *ALL 0 :*
        carol > METADATA #tea GET url
        carol ~ * BATCH +* metadata #tea
        carol ~ * 766 carol #tea url :The key is not set
        carol ~ * BATCH -*
        carol > METADATA #tea LIST
        carol ~ * BATCH +* metadata #tea
        carol ~ * BATCH -*
        carol > METADATA #tea SYNC
        carol ~ * BATCH +* metadata #tea
        carol ~ * BATCH -*
        carol =
        """
    )


def test_a_secret_room_is_hidden_from_outsiders(bench: EngineHarness) -> None:
    alice, _ = *scenes.gather(bench, "#tea", "alice"), bench.connect("carol", *CAPS)
    alice.ask("MODE #tea +s", "METADATA #tea SET url https://tea.example")
    for asked in ("GET url", "LIST", "SYNC", "SET url x", "CLEAR"):
        bench.play(
            f"""
            carol > METADATA #tea {asked}
            carol ~ :irc.example FAIL METADATA INVALID_TARGET #tea :*
            carol =
            """
        )


def test_administrators_may_change_any_metadata(bench: EngineHarness) -> None:
    """draft/metadata-3, "Concepts": so that they can remove an offensive picture."""
    bench.connect("root", *CAPS)
    bench.connect("bob", *CAPS)
    scenes.gather(bench, "#tea", "alice")
    scenes.log_in(bench, "root", "root", role="admin")
    bench.people["bob"].ask("METADATA * SUB avatar", "METADATA * SET avatar https://offensive.example")
    bench.people["alice"].ask("METADATA #tea SET avatar https://offensive.example", "MODE #tea +s")
    bench.play(
        """
        root > METADATA bob SET avatar
        root < :irc.example 766 root bob avatar :The key is not set
        bob < :irc.example 766 * bob avatar :The key is not set
        root > METADATA #tea LIST
        root ~ * BATCH +* metadata #tea
        root ~ * 761 root #tea avatar * :https://offensive.example
        root ~ * BATCH -*
        root > METADATA #tea CLEAR
        root ~ * BATCH +* metadata #tea
        root ~ * 766 root #tea avatar :*
        root ~ * BATCH -*
        root =
        bob =
        """
    )


def test_a_deopped_user_cannot_change_channel_metadata(bench: EngineHarness) -> None:
    alice, bob = scenes.gather(bench, "#tea", "alice", "bob")
    alice.ask("MODE #tea +o bob")
    bob.heard()
    bench.play(
        """
        bob > METADATA #tea SET url https://tea.example
        bob < :irc.example 761 bob #tea url * :https://tea.example
        alice > MODE #tea -o bob
        alice .
        bob .
        bob > METADATA #tea SET url
        bob ~ * KEY_NO_PERMISSION #tea url :*
        """
    )


def test_whois_shows_metadata_to_capable_clients(bench: EngineHarness) -> None:
    """One 760 for each key that is set."""
    alice, bob, carol = bench.connect("alice"), bench.connect("bob", *CAPS), bench.connect("carol")
    alice.ask("METADATA * SET color red", "METADATA * SET avatar :https://a.example/a b")
    told = [line for line in bob.ask("WHOIS alice") if " 760 " in line]
    assert told == [
        ":irc.example 760 bob alice avatar * :https://a.example/a b",
        ":irc.example 760 bob alice color * :red",
    ]
    assert not any(" 760 " in line for line in carol.ask("WHOIS alice"))


def test_metadata_survives_a_nick_change(bench: EngineHarness) -> None:
    alice, bob = scenes.gather(bench, "#tea", "alice", "bob")
    bob.ask("CAP REQ :batch draft/metadata-3", "METADATA * SUB color")
    alice.ask("METADATA * SET color red", "NICK anna")
    bench.play(
        """
        bob < :irc.example 761 * alice color * :red
        bob ~ * NICK :anna
        bob =
        bob > METADATA anna GET color
        bob ~ * BATCH +* metadata anna
        bob ~ * 761 bob anna color * :red
        bob ~ * BATCH -*
        """
    )


@given(st.text(max_size=60) | st.text("abz09_./-AZ :*é", max_size=60))
def test_keys_have_a_restricted_alphabet(text: str) -> None:
    """Keys consist of `a-z`, `0-9` and `_./-` (draft/metadata-3, "Keys and Values")."""
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789_./-")
    assert is_key(text) == (0 < len(text) <= MAX_KEY_BYTES and set(text) <= allowed)
    if is_key(text):
        assert parse(f"METADATA * GET {text}").params == ["*", "GET", text]


POISON = """
CREATE TRIGGER poison BEFORE INSERT ON event WHEN NEW.text = 'poison'
BEGIN SELECT RAISE(ABORT, 'poisoned'); END
"""
NOT_STORED = "NOT_STORED alice :The database refused this event; it was not delivered to anyone"


def test_a_rejected_value_is_reported_only_to_its_author(bench: EngineHarness) -> None:
    """The previous value is restored."""
    with bench.database.locked() as connection:
        connection.exec_driver_sql(POISON)
    alice, bob = scenes.gather(bench, "#tea", "alice", "bob")
    bob.ask("CAP REQ :batch draft/metadata-3", "METADATA * SUB color")
    alice.ask("METADATA * SET color red")
    bob.heard()
    bench.play(
        f"""
        alice > METADATA * SET color poison
        alice < :irc.example FAIL METADATA {NOT_STORED}
        alice =
        bob =
        bob > METADATA alice LIST
        bob ~ * BATCH +* metadata alice
        bob ~ * 761 bob alice color * :red
        bob ~ * BATCH -*
        """
    )
