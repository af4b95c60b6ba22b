"""Deleting an account: from within the chat, and by chat-admin beside the running server."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db.models import Base
from app.engine.upkeep import erasure as erasure_upkeep
from app.services.administration import audit
from app.services.erasure import purge, steps
from app.services.erasure.accounts import delete_account
from app.services.erasure.subject import Messages
from app.services.ledger.log_upkeep import LogUpkeep
from app.services.verification.chain import verify_chain
from app.wire.names import caseless, fold
from tests.engine.account_clients import account, codes, enter, log_in
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.pseudoclients.test_service_context import NICKSERV, tell
from tests.engine.scenes import people, user
from tests.story import Story

SECRET = "the zebra quits at midnight"
PSEUDONYM = re.compile(r"deleted-user-[0-9a-f]{8}")
TRACES = {  # tables in which the evening leaves something of anna
    "account",
    "account_metadata",
    "audit",
    "certificate",
    "correspondent",
    "event",
    "last_visit",
    "membership",
    "private_metadata",
    "read_marker",
    "room",
    "room_mask",
    "room_role",
    "room_stay",
    "session",
}
CAPS = ("draft/chathistory", "draft/event-playback", "batch", "message-tags", "draft/metadata-2")


def settle(bench: EngineHarness, cycles: int = 20) -> None:
    """Let the server work until nothing remains to be erased."""
    for _ in range(cycles):
        bench.clock.instant += 300  # type: ignore[attr-defined]
        bench.core.engine.cycle([])
        if not bench.core.runtime.world.is_erasing:
            return
    raise AssertionError("the erasure does not end")


def poll(bench: EngineHarness) -> None:
    """Let the server notice what another program has appended."""
    bench.clock.instant += 300  # type: ignore[attr-defined]
    bench.core.engine.cycle([])


def delete(bench: EngineHarness, name: str, messages: Messages, days: int = 30) -> None:
    """Delete an account as chat-admin does, whose own steps are left to the server."""
    story = Story(bench.database, bench.clock)
    story.apply(lambda admin: delete_account(admin, name, messages, days, "deleted-user-00000001"))
    poll(bench)


def evening(bench: EngineHarness) -> tuple[HarnessClient, HarnessClient]:
    """Let anna leave traces of every sort; bob is there."""
    account(bench, "anna")
    account(bench, "bob")
    anna, bob = (enter(bench, name, name, *CAPS) for name in ("anna", "bob"))
    anna.send(f"JOIN #tea :{SECRET}", f"TOPIC #tea :{SECRET}", f"PRIVMSG #tea :{SECRET}")
    bob.send("JOIN #tea", "MONITOR + anna", "METADATA * SUB soju.im/pinned")
    anna.send(f"PRIVMSG bob :{SECRET}", f"METADATA * SET display-name :{SECRET}", f"AWAY :{SECRET}")
    anna.send("METADATA bob SET soju.im/pinned :1", "MARKREAD #tea timestamp=2026-11-18T12:00:00.000Z")
    anna.send(f"@+draft/react={SECRET.replace(' ', '')} TAGMSG #tea", f"PART #tea :{SECRET}", "JOIN #tea")
    anna.send("MODE #tea +o bob", "MODE #tea +v anna", "MODE #tea +ee anna*!*@* bob!*@*")
    anna.send("JOIN #den", f"NS CERT ADD {'ab' * 32}", f"SETNAME :{SECRET}")
    bob.send(f"PRIVMSG anna :{SECRET}", "PRIVMSG #tea :good night", "MODE #tea +b ~a:anna", "KICK #tea anna")
    bob.send("METADATA anna SET soju.im/pinned :1", "MARKREAD anna timestamp=2026-11-18T12:00:00.000Z")
    LogUpkeep(bench.core.runtime.ledger, bench.clock).extend_index(1)
    for person in (anna, bob):
        person.heard()
    return anna, bob


def contents(bench: EngineHarness) -> bytes:
    """Return the bytes of all files of the database."""
    path = Path(bench.database.url.database or "")
    return b"".join(found.read_bytes() for found in path.parent.glob(f"{path.name}*"))


def trigrams(bench: EngineHarness) -> set[str]:
    """Return all trigrams in the search index."""
    with closing(sqlite3.connect(bench.database.url.database or "")) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, spoken_index, row)")
        return {term for (term,) in connection.execute("SELECT term FROM temp.terms")}


def rows_with(bench: EngineHarness, word: str) -> Counter[str]:
    """Count the rows of each table in which a word occurs, in any column."""
    with bench.database.reading() as session:
        return Counter(
            name
            for name, table in Base.metadata.tables.items()
            for row in session.execute(select(table))
            if word in caseless(str(tuple(row)))
        )


def find_anna(bench: EngineHarness) -> tuple[str, str]:
    """Return the ids of anna's account and session, as they occur in rows."""
    return str(bench.core.runtime.world.accounts[fold("anna")].id), str(user(bench, "anna").session)


def rows_of(bench: EngineHarness, ids: Iterable[str]) -> Counter[str]:
    """Count the rows of each table that have one of the ids."""
    return sum((rows_with(bench, one) for one in ids), Counter[str]())


@pytest.mark.parametrize("messages", list(Messages))
def test_nothing_of_a_deleted_account_remains(bench: EngineHarness, messages: Messages) -> None:
    anna, _ = evening(bench)
    ids = find_anna(bench)
    assert SECRET.encode() in contents(bench)
    assert "zeb" in trigrams(bench)
    assert {*rows_with(bench, "anna"), *rows_of(bench, ids)} >= TRACES
    delete(bench, "anna", messages)
    assert anna.client.is_closed
    settle(bench)
    is_erased = messages is Messages.ERASE
    assert (SECRET.encode() in contents(bench)) is not is_erased
    assert ("zeb" in trigrams(bench)) is not is_erased
    assert rows_with(bench, SECRET) == ({} if is_erased else {"event": 2, "room": 1})  # and the topic
    names = {"event": 11, "room": 1, "room_mask": 1}  # of what she said and set, and the kick
    assert rows_with(bench, "anna") == (names if messages is Messages.KEEP else {})
    left = 5 if messages is Messages.KEEP else 4  # deletion, two rooms founded, the kick, +v
    assert rows_of(bench, ids) == {"event": left}
    assert verify_chain(bench.database).findings == []


def test_others_see_the_user_quit(bench: EngineHarness) -> None:
    evening(bench)
    delete(bench, "anna", Messages.KEEP)
    bench.play(
        """
        anna < ERROR :Closing link: The account was deleted
        anna =
        bob ~ :irc.example 731 * :anna
        """
    )
    assert bench.people["bob"].ask("WHOIS anna", "WHOWAS anna")[0].split()[1] == "401"
    assert not bench.core.runtime.world.whowas.find("anna")


def test_a_user_in_a_room_with_others_quits_there(bench: EngineHarness) -> None:
    account(bench, "anna")
    anna, bob = enter(bench, "anna", "anna"), people(bench, "bob")[0]
    for person in (anna, bob):
        person.send("JOIN #tea")
    bob.heard()
    delete(bench, "anna", Messages.ANONYMISE)
    bench.play(
        """
        bob < :anna!~anna@127.0.0.1 QUIT :The account was deleted
        bob =
        """
    )
    settle(bench)
    assert not [line for line in bob.ask("NAMES #tea") if "anna" in line]


def test_messages_of_a_deleted_account_are_read_under_the_pseudonym(bench: EngineHarness) -> None:
    evening(bench)
    delete(bench, "anna", Messages.ANONYMISE)
    settle(bench)
    page = bench.people["bob"].ask("CHATHISTORY LATEST #tea * 50")
    (said,) = [line for line in page if SECRET in line and " PRIVMSG " in line]
    assert ":deleted-user-00000001 PRIVMSG #tea :" in said
    assert not [line for line in page if "anna" in line]


def test_private_conversations_with_a_deleted_account_are_gone(bench: EngineHarness) -> None:
    evening(bench)
    delete(bench, "anna", Messages.KEEP)
    settle(bench)
    page = bench.people["bob"].ask("CHATHISTORY LATEST anna * 50", "CHATHISTORY TARGETS * * 50")
    assert not [line for line in page if SECRET in line or " anna " in line]


def test_joining_during_an_erasure_replays_nothing_of_it_later(
    bench: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure_upkeep, "IDLE_SECONDS", 0.0)
    monkeypatch.setattr(steps, "MAX_SECONDS", 0.0)
    evening(bench)
    delete(bench, "anna", Messages.ERASE)
    assert [line for line in people(bench, "carl")[0].ask("JOIN #tea") if SECRET in line]
    settle(bench, cycles=100)
    assert not [line for line in people(bench, "dora")[0].ask("JOIN #tea") if SECRET in line]


def test_an_erasure_continues_after_a_restart_at_any_step(
    bench: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure_upkeep, "IDLE_SECONDS", 0.0)  # one transaction in each cycle
    monkeypatch.setattr(steps, "MAX_SECONDS", 0.0)  # one step in each transaction
    evening(bench)
    delete(bench, "anna", Messages.ERASE)
    restarts = 0
    while bench.core.runtime.world.is_erasing:
        bench.restart()
        poll(bench)
        restarts += 1
    assert restarts > 20
    assert rows_with(bench, SECRET) == rows_with(bench, "anna") == {}
    assert SECRET.encode() not in contents(bench)


def find_progress(bench: EngineHarness) -> steps.Progress | None:
    with bench.database.reading() as session:
        return steps.find_progress(session.connection())


def test_an_erasure_is_left_to_a_program_that_advances_it(
    bench: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure_upkeep, "IDLE_SECONDS", 0.0)
    monkeypatch.setattr(steps, "MAX_SECONDS", 0.0)
    evening(bench)
    delete(bench, "anna", Messages.ERASE)
    for _ in range(5):
        with bench.database.locked() as connection:
            advanced = steps.advance(connection)
        poll(bench)
        assert find_progress(bench) == advanced
    settle(bench, cycles=100)
    assert rows_with(bench, SECRET) == {}


def test_only_the_first_node_takes_steps_and_all_notice_the_end(bench: EngineHarness) -> None:
    evening(bench)
    world = bench.core.runtime.world
    world.live_nodes.add("a")
    delete(bench, "anna", Messages.ERASE)
    begun = find_progress(bench)
    poll(bench)
    assert find_progress(bench) == begun
    assert world.is_erasing
    purge.complete_pending(bench.database, bench.clock, lambda passed: None)
    poll(bench)
    assert not world.is_erasing


def test_the_name_of_a_deleted_account_is_reserved(bench: EngineHarness) -> None:
    evening(bench)
    delete(bench, "anna", Messages.ERASE, days=30)
    (carl,) = people(bench, "carl")
    until = "2026-12-18"
    refusal = f"anna belonged to another account and is reserved until {until}; choose another"
    assert carl.ask("NICK anna") == [f":irc.example 432 carl anna :{refusal}"]
    assert carl.ask("NICK AnnA")[0].split()[1] == "432"
    newcomer = bench.dial("newcomer")
    assert newcomer.ask("USER a 0 * :a", "NICK anna")[0].split()[1] == "432"
    bench.restart()
    (carl,) = people(bench, "carl")
    assert carl.ask("NICK anna")[0].split()[1] == "432"
    bench.clock.instant += 31 * 24 * 3600 * 1000  # type: ignore[attr-defined]
    assert people(bench, "dora")[0].ask("NICK anna") == [":dora!~dora@127.0.0.1 NICK :anna"]


def test_a_name_whose_messages_stay_is_reserved_for_good(bench: EngineHarness) -> None:
    evening(bench)
    delete(bench, "anna", Messages.KEEP, days=1)
    bench.clock.instant += 2 * 24 * 3600 * 1000  # type: ignore[attr-defined]
    reply = people(bench, "carl")[0].ask("NICK anna")
    assert "anna belonged to another account and is reserved for good" in reply[0]


def test_nobody_is_named_like_a_deleted_account(bench: EngineHarness) -> None:
    reply = people(bench, "carl")[0].ask("NICK Deleted-User-00000001")
    assert reply == [
        ":irc.example 432 carl Deleted-User-00000001 :This name is reserved for deleted accounts."
    ]


def test_a_deleted_account_cannot_log_in(bench: EngineHarness) -> None:
    evening(bench)
    waiting = bench.dial("waiting")
    waiting.send("CAP REQ sasl")
    log_in(waiting, "anna")
    delete(bench, "anna", Messages.ERASE)
    assert waiting.client.account is None
    other = bench.dial("other")
    other.send("CAP REQ sasl")
    assert codes(log_in(other, "anna"))[-1] == "904"


def code_of(replies: list[str]) -> str:
    """Return the code that DROP sent."""
    return replies[-1].rpartition(" ")[2]


def test_users_delete_their_accounts_themselves(bench: EngineHarness) -> None:
    evening(bench)
    explained = tell(bench, "anna", "DROP")
    assert "DROP KEEP: your messages in rooms stay, under your name" in explained[0]
    asked = tell(bench, "anna", "DROP ERASE")
    assert asked[0].endswith("your messages in rooms are erased")
    bench.people["anna"].send(f"PRIVMSG NickServ :DROP CONFIRM {code_of(asked)}")
    bench.play(
        f"""
        anna < :{NICKSERV} NOTICE anna :Deleted the account anna; what it left is erased within minutes
        anna < ERROR :Closing link: The account was deleted
        anna =
        """
    )
    settle(bench)
    assert rows_with(bench, SECRET) == rows_with(bench, "anna") == {}
    assert SECRET.encode() not in contents(bench)
    assert people(bench, "carl")[0].ask("NICK anna")[0].split()[1] == "432"
    with bench.database.reading() as session:
        (entry,) = audit.find_latest_entries(session, 10, action="user.erased")
    assert PSEUDONYM.fullmatch(entry.target)
    assert entry.actor == entry.target


def test_a_code_is_valid_once_for_ten_minutes_on_one_connection(make_bench: MakeBench) -> None:
    bench = make_bench(ping_interval=86_400)
    evening(bench)
    enter(bench, "phone", "anna")
    code = code_of(tell(bench, "anna", "DROP KEEP"))
    wrong, none = (
        "The code is wrong; request another one with DROP",
        "There is no valid code; request one with DROP",
    )
    assert tell(bench, "phone", f"DROP CONFIRM {code}") == [none]
    assert tell(bench, "anna", "DROP CONFIRM abc") == [wrong]
    assert tell(bench, "anna", f"DROP CONFIRM {code}") == [none]
    code = code_of(tell(bench, "anna", "DROP KEEP"))
    bench.clock.instant += 600_000  # type: ignore[attr-defined]
    assert tell(bench, "anna", f"DROP CONFIRM {code}") == [none]
    code = code_of(tell(bench, "anna", "DROP KEEP"))
    bench.people["anna"].send(f"NS DROP CONFIRM {code.upper()}")
    assert bench.people["anna"].client.is_closed
    assert bench.people["phone"].client.is_closed


def test_a_guest_has_nothing_to_drop_or_export(bench: EngineHarness) -> None:
    people(bench, "carl")
    for command in ("DROP ERASE", "DROP CONFIRM abc", "EXPORT"):
        assert tell(bench, "carl", command) == ["Log in first with IDENTIFY"]


def test_nickserv_explains_how_to_get_an_export(bench: EngineHarness) -> None:
    account(bench, "anna")
    enter(bench, "anna", "anna")
    assert "chat-admin user export anna" in tell(bench, "anna", "EXPORT")[0]
