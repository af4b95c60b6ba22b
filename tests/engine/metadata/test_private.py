"""Metadata that is private to an account: pinned, muted and blocked rooms and users."""

import pytest
from sqlalchemy import select

from app.commands.metadata.private import MAX_PRIVATE_VALUES
from app.db.models import AuditRow, PrivateMetadataRow
from tests.conftest import MovedClock
from tests.engine import scenes
from tests.engine.account_clients import account, enter, plain
from tests.engine.harness import EngineHarness, HarnessClient

CAPS_2 = ("draft/metadata-2", "batch")
CAPS_3 = ("draft/metadata-3", "batch")
KEYS = "soju.im/pinned soju.im/muted"


def device(bench: EngineHarness, name: str, caps: tuple[str, ...] = CAPS_3) -> HarnessClient:
    """Connect a device of anna's account that is subscribed to the private keys."""
    person = enter(bench, name, "anna", *caps)
    person.ask(f"METADATA * SUB {KEYS}")
    return person


@pytest.fixture
def anna(bench: EngineHarness) -> HarnessClient:
    """A device of anna's account, in a room that bob moderates."""
    account(bench, "anna")
    scenes.gather(bench, "#tea", "bob")
    person = device(bench, "anna")
    person.ask("JOIN #tea")
    bench.people["bob"].heard()
    return person


def values(lines: list[str]) -> list[tuple[str, ...]]:
    """Return target, key, visibility and value of each line of a batch."""
    return [
        (*line.split(" ")[-4:-1], line.rpartition(" :")[2])
        for line in lines
        if " 761 " in line or " METADATA " in line
    ]


def test_pinning_needs_no_rights_in_the_room(bench: EngineHarness, anna: HarnessClient) -> None:
    bench.play(
        """
        anna > METADATA #tea SET soju.im/pinned 1
        anna < :irc.example 761 anna #tea soju.im/pinned private :1
        anna > METADATA #tea GET soju.im/pinned soju.im/muted
        anna ~ * BATCH +* metadata #tea
        anna ~ @batch=* :irc.example 761 anna #tea soju.im/pinned private :1
        anna ~ @batch=* :irc.example 766 anna #tea soju.im/muted :*
        anna ~ * BATCH -*
        anna > METADATA #tea SET soju.im/pinned
        anna ~ :irc.example 766 anna #tea soju.im/pinned :*
        bob =
        """
    )


def test_only_the_accounts_own_devices_are_notified(bench: EngineHarness, anna: HarnessClient) -> None:
    bob, phone, laptop = bench.people["bob"], device(bench, "phone"), device(bench, "laptop", CAPS_2)
    bob.ask(f"CAP REQ :{' '.join(CAPS_3)}", f"METADATA * SUB {KEYS}")
    for person in (phone, laptop, bob):
        person.heard()
    anna.ask("METADATA #tea SET soju.im/muted 1")
    assert phone.heard() == [":irc.example 761 * #tea soju.im/muted private :1"]
    assert laptop.heard() == [":irc.example METADATA #tea soju.im/muted private :1"]
    assert bob.heard() == []
    laptop.ask("METADATA #tea SET soju.im/muted 0")
    assert anna.heard() == [":irc.example 761 * #tea soju.im/muted private :0"]


@pytest.mark.parametrize("question", ["#tea LIST", "#tea GET soju.im/pinned", "anna LIST", "*ALL SYNC"])
def test_others_never_see_private_values(bench: EngineHarness, anna: HarnessClient, question: str) -> None:
    for target in ("#tea", "*", "bob"):
        anna.ask(f"METADATA {target} SET soju.im/pinned 1")
    bob = bench.people["bob"]
    bob.ask(f"CAP REQ :{' '.join(CAPS_3)}", f"METADATA * SUB {KEYS}")
    assert not values(bob.ask(f"METADATA {question}"))
    assert not any("soju" in line for line in bob.ask("WHOIS anna"))
    bob.ask("PART #tea")
    assert not any("private" in line for line in bob.ask("JOIN #tea"))


def test_a_target_need_not_exist_or_be_visible(bench: EngineHarness, anna: HarnessClient) -> None:
    bob = bench.people["bob"]
    bob.ask("JOIN #secret", "MODE #secret +s")
    for target in ("#secret", "#nowhere", "nobody"):
        assert anna.ask(f"METADATA {target} SET soju.im/muted 1") == [
            f":irc.example 761 anna {target} soju.im/muted private :1"
        ]
        assert values(anna.ask(f"METADATA {target} GET soju.im/muted")) == [
            (target, "soju.im/muted", "private", "1")
        ]
        assert values(anna.ask(f"METADATA {target} LIST")) == [(target, "soju.im/muted", "private", "1")]
    for target in ("#SECRET", "#NOWHERE"):
        assert anna.ask(f"METADATA {target} GET soju.im/muted")[0].endswith(f" metadata {target}")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("METADATA #tea SET soju.im/pinned 2", "FAIL METADATA INVALID_VALUE soju.im/pinned"),
        ("METADATA #tea SET soju.im/pinned yes", "FAIL METADATA INVALID_VALUE soju.im/pinned"),
        ("METADATA a!b SET soju.im/pinned 1", "FAIL METADATA INVALID_TARGET a!b"),
        ("METADATA # SET soju.im/pinned 1", "FAIL METADATA INVALID_TARGET #"),
    ],
)
def test_invalid_private_values_are_refused(
    bench: EngineHarness, anna: HarnessClient, asked: str, answer: str
) -> None:
    assert anna.ask(asked)[0].startswith(f":irc.example {answer} :")


def test_guests_are_told_to_log_in(bench: EngineHarness) -> None:
    bench.connect("bob", *CAPS_3)
    early = bench.dial("early")
    refusal = "FAIL METADATA KEY_NO_PERMISSION"
    bench.play(
        f"""
        bob > METADATA #tea SET soju.im/pinned 1
        bob ~ :irc.example {refusal} #tea soju.im/pinned :*log in*
        early > METADATA * SET soju.im/pinned 1
        early ~ :irc.example {refusal} * soju.im/pinned :*log in*
        """
    )
    assert early.client.registration.metadata == {}


def test_private_values_survive_a_restart_and_come_with_the_welcome(bench: EngineHarness) -> None:
    account(bench, "anna")
    anna = device(bench, "anna")
    anna.ask("METADATA #tea SET soju.im/pinned 1", "METADATA bob SET soju.im/muted 1")
    bench.restart()
    person = bench.dial("again")
    person.ask("CAP REQ :sasl batch draft/metadata-2", f"METADATA * SUB {KEYS}")
    person.ask("AUTHENTICATE PLAIN", *plain("anna"))
    burst = person.ask("NICK anna", "USER a 0 * :a", "CAP END")
    start = next(place for place, line in enumerate(burst) if " metadata anna" in line)
    assert [line.partition(" ")[2] for line in burst[start + 1 : start + 3]] == [
        ":irc.example METADATA #tea soju.im/pinned private :1",
        ":irc.example METADATA bob soju.im/muted private :1",
    ]


def test_subscribing_and_syncing_send_private_values(bench: EngineHarness, anna: HarnessClient) -> None:
    anna.ask("METADATA #tea SET soju.im/pinned 1", "METADATA gone SET soju.im/muted 1")
    everything = [("#tea", "soju.im/pinned", "private", "1"), ("gone", "soju.im/muted", "private", "1")]
    assert values(anna.ask("METADATA *ALL SYNC")) == everything
    assert values(anna.ask("METADATA #tea SYNC")) == everything[:1]
    old = enter(bench, "old", "anna", *CAPS_2)
    assert values(old.ask(f"METADATA * SUB {KEYS}")) == everything
    anna.ask("PART #tea")
    assert values(anna.ask("JOIN #tea")) == everything[:1]


def test_private_values_follow_a_renamed_room(bench: EngineHarness, anna: HarnessClient) -> None:
    bob = bench.people["bob"]
    anna.ask("METADATA #tea SET soju.im/pinned 1", "METADATA #chai SET soju.im/muted 1")
    assert any(" RENAME " in line or " JOIN " in line for line in bob.ask("RENAME #tea #chai"))
    anna.heard()
    found = [("#chai", "soju.im/pinned", "private", "1")]
    assert values(anna.ask("METADATA *ALL SYNC")) == found
    with bench.database.reading() as session:
        rows = session.execute(select(PrivateMetadataRow.target, PrivateMetadataRow.key)).all()
    assert [tuple(row) for row in rows] == [("#chai", "soju.im/pinned")]


def test_clear_deletes_private_values_of_any_target(bench: EngineHarness, anna: HarnessClient) -> None:
    bench.people["bob"].ask("METADATA #tea SET url https://tea.example")
    anna.ask("METADATA #tea SET soju.im/pinned 1", "METADATA #nowhere SET soju.im/pinned 1")
    assert anna.ask("METADATA #tea CLEAR")[1].endswith(" 766 anna #tea soju.im/pinned :The key is not set")
    assert "KEY_NO_PERMISSION #tea *" in anna.ask("METADATA #tea CLEAR")[0]
    assert " 766 anna #nowhere soju.im/pinned " in anna.ask("METADATA #nowhere CLEAR")[1]
    assert values(anna.ask("METADATA #tea LIST")) == [("#tea", "url", "*", "https://tea.example")]


def test_the_number_of_private_values_is_limited(
    bench: EngineHarness, anna: HarnessClient, clock: MovedClock
) -> None:
    for number in range(MAX_PRIVATE_VALUES):
        anna.ask(f"METADATA #room-{number} SET soju.im/muted 1")
        clock.instant += 1000  # against the limit on changes
    refused = anna.ask("METADATA #more SET soju.im/muted 1")[0]
    assert f"FAIL METADATA LIMIT_REACHED #more {MAX_PRIVATE_VALUES} :" in refused
    assert " 761 " in anna.ask("METADATA #room-1 SET soju.im/muted 0")[0]


def test_a_private_value_that_cannot_be_stored_is_undone(bench: EngineHarness, anna: HarnessClient) -> None:
    with bench.database.locked() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON event WHEN NEW.kind = 'private-metadata' AND NEW.text = '0'"
            " BEGIN SELECT RAISE(ABORT, 'poison'); END"
        )
    phone = device(bench, "phone")
    anna.ask("METADATA #tea SET soju.im/pinned 1")
    phone.heard()
    assert "FAIL METADATA" in anna.ask("METADATA #tea SET soju.im/pinned 0")[0]
    assert phone.heard() == []
    assert values(anna.ask("METADATA #tea LIST")) == [("#tea", "soju.im/pinned", "private", "1")]


def test_private_values_are_not_in_the_audit_log(bench: EngineHarness, anna: HarnessClient) -> None:
    bench.people["bob"].ask("MODE #tea +o anna", "METADATA #tea SET url x")
    anna.ask("METADATA #tea SET soju.im/muted 1", "METADATA #tea SET url y")
    with bench.database.reading() as session:
        found = [(row.action, (row.detail or {}).get("key")) for row in session.scalars(select(AuditRow))]
    assert ("room.metadata", "url") in found
    assert not [key for _, key in found if key == "soju.im/muted"]
