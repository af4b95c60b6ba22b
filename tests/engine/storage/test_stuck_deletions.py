"""Accounts and rooms that are deleted while a batch with their events cannot be committed."""

import sqlite3
from contextlib import closing

import pytest

from app.engine.submission_unit import SubmissionUnit
from app.events.data import DeletedData
from app.services.accounts.renaming import rename_user
from app.services.erasure import purge
from app.services.erasure.accounts import delete_account
from app.services.erasure.subject import Messages
from app.services.replay.verification import find_derivation_problems
from app.services.rooms.administration import delete_room
from tests.conftest import MovedClock
from tests.engine.account_clients import account, enter
from tests.engine.harness import EngineHarness
from tests.engine.scenes import people
from tests.engine.storage.test_storage import full, later, log, path_of, texts
from tests.story import Story

PSEUDONYM = "deleted-user-00000001"
SECRET = "the heron quits at midnight"
Row = dict[str, object]


@pytest.fixture
def evening(bench: EngineHarness) -> EngineHarness:
    """A room of carl, in which are anna, who has an account, and bob, who has none."""
    account(bench, "anna")
    account(bench, "carl")
    for name in ("carl", "anna"):
        enter(bench, name, name)
    bench.connect("bob")
    for name in ("carl", "anna", "bob"):
        bench.people[name].send("JOIN #tea")
    bench.people["carl"].send("MODE #tea -t")
    people(bench, "carl", "anna", "bob")
    return bench


def get_stuck(bench: EngineHarness, **lines: list[str]) -> None:
    """Submit lines of each client in one batch, whose commit fails twice."""
    with full(bench):
        requests = {name: [bench.request(line) for line in sent] for name, sent in lines.items()}
        units = [SubmissionUnit(bench.people[name].client, steps) for name, steps in requests.items()]
        bench.core.engine.cycle(units)
        later(bench, bench.clock)  # type: ignore[arg-type]


def stored(bench: EngineHarness, after: int) -> list[Row]:
    """Return the rows of the log after a position; the log and the tables are consistent."""
    log(bench)
    assert find_derivation_problems(bench.database) == []
    with closing(sqlite3.connect(path_of(bench))) as connection:
        connection.row_factory = sqlite3.Row
        return [
            dict(row) for row in connection.execute("SELECT * FROM event WHERE id > ? ORDER BY id", (after,))
        ]


def erase(story: Story, messages: Messages) -> int:
    """Delete anna and complete the erasure, as `chat-admin` does; return its log position."""
    change = story.apply(lambda admin: delete_account(admin, "anna", messages, 30, PSEUDONYM))
    erasure = change.events[-1].id
    assert purge.complete_erasure(story.database, story.clock, erasure, lambda passed: None)
    return erasure


@pytest.mark.parametrize("messages", list(Messages))
def test_nothing_of_a_deleted_account_is_stored_with_a_stuck_batch(
    evening: EngineHarness, clock: MovedClock, messages: Messages
) -> None:
    said = [f"PRIVMSG #tea :{SECRET}", f"TOPIC #tea :{SECRET}", f"AWAY :{SECRET}", f"NOTICE bob :{SECRET}"]
    get_stuck(
        evening,
        anna=[*said, "METADATA * SET display-name :Zebra", "JOIN #ann", "MODE #ann +i", "NICK zebra"],
        bob=[f"PRIVMSG anna :{SECRET}", f"PRIVMSG zebra :{SECRET}", "PRIVMSG #tea :hello"],
        carl=["MODE #tea +vov anna anna bob"],
    )
    erasure = erase(Story(evening.database, clock), messages)
    later(evening, clock)
    rows = stored(evening, erasure)
    kept = [] if messages is Messages.ERASE else [("privmsg", SECRET), ("topic", SECRET)]
    assert [(row["kind"], row["text"]) for row in rows if SECRET in str(row)] == kept
    author = "anna" if messages is Messages.KEEP else PSEUDONYM
    assert {row["nick"] for row in rows} == {author, "bob", "carl"}
    assert not any(name in str([row | {"nick": ""} for row in rows]) for name in ("anna", "zebra"))
    assert [row["text"] for row in rows if row["kind"] == "mode"] == ["+i", "+v bob"]
    assert evening.people["carl"].ask("TOPIC #tea")[0].split()[1] == ("332" if kept else "331")


def test_clients_see_a_deleted_user_go_but_not_what_is_not_stored(
    evening: EngineHarness, clock: MovedClock
) -> None:
    said = [f"PRIVMSG #tea :{SECRET}", f"PRIVMSG bob :{SECRET}", "NICK zebra"]
    get_stuck(evening, anna=said, bob=[f"PRIVMSG zebra :{SECRET}", "PRIVMSG #tea :hello"])
    erase(Story(evening.database, clock), Messages.ERASE)
    later(evening, clock)
    carl, bob = (evening.people[name].heard() for name in ("carl", "bob"))
    assert texts(carl) == ["NICK", "hello", "QUIT"]
    assert texts(bob) == ["NICK", "FAIL", "QUIT"]
    assert SECRET not in str([carl, bob])
    assert evening.people["anna"].client.is_closed


def test_a_stuck_batch_adds_nothing_to_a_room_whose_history_is_erased(
    evening: EngineHarness, clock: MovedClock
) -> None:
    get_stuck(evening, anna=[f"PRIVMSG #tea :{SECRET}", f"NOTICE @#tea :{SECRET}"], bob=["QUIT :bye"])
    story = Story(evening.database, clock)
    change = story.apply(lambda admin: delete_room(admin, "#tea", [], "over", DeletedData(erase=True)))
    erasure = change.events[-1].id
    assert purge.complete_erasure(story.database, clock, erasure, lambda passed: None)
    later(evening, clock)
    assert [(row["kind"], row["room_id"]) for row in stored(evening, erasure)] == [("quit", None)]
    assert texts(evening.people["carl"].heard()) == ["QUIT", "PART"]


def test_a_stuck_batch_is_stored_under_the_new_name_of_an_account(
    evening: EngineHarness, clock: MovedClock
) -> None:
    get_stuck(evening, anna=["PRIVMSG #tea :hello", "METADATA * SET display-name :Anna"])
    renaming = Story(evening.database, clock).apply(lambda admin: rename_user(admin, "anna", "hanna", 32, 30))
    later(evening, clock)
    rows = stored(evening, renaming.events[-1].id)
    assert [(row["kind"], row["account"]) for row in rows[:2]] == [
        ("privmsg", "hanna"),
        ("metadata", "hanna"),
    ]


def test_an_unstored_invitation_of_a_deleted_user_is_taken_back(
    evening: EngineHarness, clock: MovedClock
) -> None:
    (dora,) = people(evening, "dora")
    evening.people["carl"].send("MODE #tea +i")
    get_stuck(evening, anna=["INVITE dora #tea"], bob=["PRIVMSG #tea :hello"])
    erase(Story(evening.database, clock), Messages.KEEP)
    later(evening, clock)
    dora.heard()
    assert dora.ask("INVITE") == [":irc.example 337 dora :End of your invitations"]
