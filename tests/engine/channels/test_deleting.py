"""Deleting rooms, and taking over empty rooms of guests."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app.db.models import EventRow
from app.errors import ChatError
from app.events.data import DeletedData
from app.services import stats
from app.services.administration import audit
from app.services.rooms.administration import delete_room
from tests.conftest import MovedClock
from tests.engine import history_clients
from tests.engine.account_clients import account, enter
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people
from tests.story import Story


def delete(bench: EngineHarness, name: str) -> None:
    story = Story(bench.database, bench.clock)
    story.apply(lambda admin: delete_room(admin, name, ["#general"], "Tidied up"), by="irc.example")


def test_the_history_of_a_deleted_room_is_erased_by_the_server(
    bench: EngineHarness, clock: MovedClock
) -> None:
    alice, _ = gather(bench, "#tea", "alice", "bob")
    alice.send("TOPIC #tea :zebra", "PRIVMSG #tea :zebra", "PRIVMSG @#tea :zebra", "PART #tea :zebra")
    people(bench, "alice", "bob")
    data = DeletedData(erase=True, actor="admin:me")
    Story(bench.database, clock).apply(lambda admin: delete_room(admin, "#tea", (), "Tidied", data))
    for _ in range(5):
        clock.instant += 300
        bench.core.engine.cycle([])
    assert bench.people["bob"].hears("PART")
    assert not bench.core.runtime.world.is_erasing
    with bench.database.reading() as session:
        kinds = session.execute(select(EventRow.kind).where(EventRow.room_id.is_not(None))).scalars().all()
        assert kinds == ["deleted"]
        assert [entry.action for entry in audit.find_latest_entries(session, 2)] == [
            "room.delete",
            "room.erased",
        ]
        assert not session.scalars(select(EventRow.id).where(EventRow.text == "zebra")).all()
    path = Path(str(bench.database))
    assert b"zebra" not in b"".join(found.read_bytes() for found in path.parent.glob(f"{path.name}*"))


def test_deletion_parts_all_members_and_frees_the_name(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    bench.people["alice"].send("MODE #tea +b x", "PRIVMSG #tea :one")
    people(bench, "alice", "bob")
    delete(bench, "#tea")
    bench.play(
        """
        bob > PRIVMSG #tea :two
        alice < :alice!~alice@127.0.0.1 PART #tea :Tidied up
        alice =
        bob < :bob!~bob@127.0.0.1 PART #tea :Tidied up
        bob ~ :irc.example 403 bob #tea :*
        bob > JOIN #tea
        bob < :bob!~bob@127.0.0.1 JOIN #tea
        bob < :irc.example 353 bob = #tea :@bob
        bob ~ :irc.example 366 bob #tea :*
        bob > MODE #tea b
        bob ~ :irc.example 368 bob #tea :*
        """
    )
    with bench.database.reading() as session:
        assert [(one.action, one.target) for one in audit.find_latest_entries(session, 1)] == [
            ("room.delete", "#tea")
        ]


def test_a_new_room_of_the_same_name_has_no_old_history(
    bench: EngineHarness,
) -> None:
    account(bench, "anna")
    anna = history_clients.enter(bench, "anna", "anna")
    anna.ask("JOIN #tea", "PRIVMSG #tea :one", "MARKREAD #tea timestamp=2026-11-22T12:00:05.123Z")
    delete(bench, "#tea")
    for _ in range(2):
        anna.ask("JOIN #tea")
        assert history_clients.texts(anna, "LATEST #tea * 9") == []
        assert not any("PRIVMSG" in line for line in anna.ask("SEARCH text=one"))
        bench.restart()
        anna = history_clients.enter(bench, "anna", "anna")


def test_a_deleted_room_passes_the_database_check(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    delete(bench, "#tea")
    with bench.database.reading() as session:
        assert stats._find_orphans(session) == []


def test_an_auto_join_room_cannot_be_deleted(bench: EngineHarness) -> None:
    Story(bench.database, bench.clock).create_room("#general")
    with pytest.raises(ChatError, match="auto_join"):
        delete(bench, "#GENERAL")


@pytest.mark.parametrize("modes", ["+i", "+k key", "+R", "+b *!*@*"])
def test_an_empty_unowned_room_that_nobody_can_join_is_deleted(bench: EngineHarness, modes: str) -> None:
    history_clients.gather(bench, "#tea", "alice")
    bench.people["alice"].send(f"MODE #tea {modes}", "PRIVMSG #tea :secret", "PART #tea")
    (bob,) = history_clients.gather(bench, "#tea", "bob")
    assert history_clients.texts(bob, "LATEST #tea * 9") == []
    assert any(" +nt" in line for line in bob.ask("MODE #tea"))
    assert any(":@bob" in line for line in bob.ask("NAMES #tea"))


def test_an_owned_or_occupied_room_is_not_taken_over(bench: EngineHarness) -> None:
    account(bench, "anna")
    anna = enter(bench, "anna", "anna")
    anna.send("JOIN #mine", "MODE #mine +i", "PART #mine")
    gather(bench, "#tea", "alice")
    bench.people["alice"].send("MODE #tea +i")
    people(bench, "bob")
    bench.play(
        """
        bob > JOIN #mine,#tea
        bob ~ :irc.example 473 bob #mine :*
        bob ~ :irc.example 473 bob #tea :*
        bob =
        """
    )


def test_joining_an_empty_open_room_takes_it_over(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    bench.people["alice"].send("MODE #tea +k key", "TOPIC #tea :green", "PART #tea")
    people(bench, "bob")
    bench.play(
        """
        bob > JOIN #tea key
        bob < :bob!~bob@127.0.0.1 JOIN #tea
        bob < :irc.example 332 bob #tea :green
        """
    )
