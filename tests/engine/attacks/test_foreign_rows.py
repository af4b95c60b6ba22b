"""Events in the log that make no sense here, written by other programs or newer versions."""

import logging
from itertools import product

import pytest

from app.db import models
from app.engine.changeset import Changeset
from app.events import Event, Kind, PasswordHashes, RoomKey
from app.events.data import ModeData, from_json
from app.services.accounts.accounts import registration_event
from tests.conftest import MovedClock
from tests.engine.account_clients import account
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather
from tests.story import record_now


@pytest.mark.parametrize("kind", Kind)
def test_an_event_with_dangling_references_is_skipped(bench: EngineHarness, kind: Kind) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    engine, here = bench.core.engine, bench.core.runtime.world.find_room("#tea")
    assert here is not None
    for room, session, name in product((None, 99, here.id), (None, 99), (None, "nobody")):
        for data in ({}, {"session": 99}, {"changes": [("+", "k", "*", None), ("-", "o", "nobody", 7)]}):
            event = Event(
                kind, room, session=session, account=name, target=name, data=from_json(kind, data), id=7
            )
            changeset = Changeset(bench.core.runtime.world, writable=True)
            bench.core.dispatcher.apply_remote(changeset, event)
            engine._committer.release_queue.deliver(changeset, [])
    assert alice.client.nick == "alice"
    alice.heard()
    assert alice.ask("PING x") == [":irc.example PONG irc.example :x"]


def test_a_row_written_by_a_newer_version_is_skipped(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    last = bench.core.runtime.ledger.last_id
    row = {"id": last + 1, "kind": "levitated", "at": 1, "nick": "", "user": "", "host": ""}
    with bench.database.engine.begin() as connection:
        connection.execute(models.EventRow.__table__.insert(), [row])
    bob = bench.connect("bob")
    bob.send("JOIN #tea")
    assert alice.heard() == [":bob!~bob@127.0.0.1 JOIN #tea"]


def test_a_key_set_and_removed_by_chat_admin_leaves_no_trace(bench: EngineHarness, clock: MovedClock) -> None:
    gather(bench, "#tea", "alice")
    room = bench.core.runtime.world.find_room("#tea")
    assert room is not None
    for sign, key, modes in (("+", "sesame", ["+knt", "sesame"]), ("-", None, ["+nt"])):
        data, secret = ModeData([(sign, "k", "*", None)]), RoomKey(key, f"{sign}k {key}")
        event = Event(Kind.MODE, room.id, nick="x", text=f"{sign}k *", data=data, secret=secret)
        record_now(bench.database, clock, [event])
        clock.instant += 300  # after which the engine polls the log
        bench.core.engine.cycle([])
        assert room.mode_words(show_key=True) == modes


def test_the_server_log_omits_the_content_of_rejected_rows(
    bench: EngineHarness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account(bench, "anna")
    bench.connect("bob")
    twice = registration_event(bench.clock, "anna", PasswordHashes("$argon2id$s3cret", "4096$s3cret"))
    changeset = bench.core.runtime.ledger
    changeset.open()
    assert changeset.commit([twice]) == [twice]
    assert "Cannot store an event" in caplog.text
    assert "s3cret" not in caplog.text
    with pytest.raises(Exception, match="UNIQUE") as failure:
        record_now(bench.database, bench.clock, [twice])
    assert "s3cret" not in str(failure.value)
