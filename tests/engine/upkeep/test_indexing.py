"""Messages enter the full-text index in batches, after delivery."""

import pytest

from app.db.fulltext import fulltext_of
from app.engine.submission_unit import SubmissionUnit
from app.engine.upkeep import index as upkeep
from app.engine.upkeep.index import INDEX_BATCH_BUSY, INDEX_BATCH_IDLE
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import gather

BROKEN = """
CREATE TRIGGER broken BEFORE UPDATE ON spoken_index_end BEGIN SELECT RAISE(ABORT, 'no index today'); END
"""


def say(person: HarnessClient, number: int) -> None:
    """Send several messages in one read."""
    person.send(*(f"PRIVMSG #tea :said {turn}" for turn in range(number)))


def lag(bench: EngineHarness) -> int:
    """Return the number of events not in the index."""
    with bench.database.engine.connect() as connection:
        query = "SELECT max(id) - (SELECT position FROM spoken_index_end) FROM event"
        return int(connection.exec_driver_sql(query).scalar_one())


def keep_waiting(bench: EngineHarness) -> None:
    """Keep a unit waiting, as under load."""
    anna = bench.people["anna"]
    bench.core.engine.submit(SubmissionUnit(anna.client, [bench.request("PING waiting")]))


@pytest.mark.parametrize(("is_busy", "together"), [(False, INDEX_BATCH_IDLE), (True, INDEX_BATCH_BUSY)])
def test_indexing_uses_larger_batches_under_load(bench: EngineHarness, is_busy: bool, together: int) -> None:
    (anna,) = gather(bench, "#tea", "anna")
    before = lag(bench)
    assert 0 < before < INDEX_BATCH_IDLE
    if is_busy:
        keep_waiting(bench)
    say(anna, together - before - 1)
    assert lag(bench) == together - 1
    say(anna, 1)
    assert lag(bench) == 0


def test_new_messages_do_not_disturb_the_merge_after_a_removal(
    bench: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "INDEX_BATCH_MERGING", 3 * INDEX_BATCH_IDLE)
    (anna,) = gather(bench, "#tea", "anna")
    say(anna, INDEX_BATCH_IDLE)
    with bench.database.locked() as connection:
        fulltext_of(connection).remove(connection, [INDEX_BATCH_IDLE])
    say(anna, 2 * INDEX_BATCH_IDLE)
    assert lag(bench) >= 2 * INDEX_BATCH_IDLE
    say(anna, INDEX_BATCH_IDLE)
    assert lag(bench) == 0


def test_messages_not_indexed_before_a_crash_are_indexed_later(bench: EngineHarness) -> None:
    (anna,) = gather(bench, "#tea", "anna")
    keep_waiting(bench)
    say(anna, INDEX_BATCH_IDLE)
    assert lag(bench) > INDEX_BATCH_IDLE
    bench.restart()
    bench.core.engine.cycle([])
    assert lag(bench) == 0


def test_a_failing_index_catches_up_later(bench: EngineHarness, caplog: pytest.LogCaptureFixture) -> None:
    anna, bob = gather(bench, "#tea", "anna", "bob")
    with bench.database.engine.begin() as connection:
        connection.exec_driver_sql(BROKEN)
    say(anna, INDEX_BATCH_IDLE)
    assert len(bob.hears("PRIVMSG")) == INDEX_BATCH_IDLE
    say(anna, 1)
    assert len(bob.hears("PRIVMSG")) == 1
    (warning,) = caplog.messages
    assert warning == "Cannot update the search index; new messages cannot be found yet: no index today"
    with bench.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER broken")
    say(anna, INDEX_BATCH_IDLE)
    assert lag(bench) == 0
    assert len(caplog.messages) == 1
