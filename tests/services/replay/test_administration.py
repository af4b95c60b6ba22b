"""After what administrators remove and rename, the tables still equal a replay of the log."""

from contextlib import closing

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.db.database import Database
from app.services.replay.verification import find_derivation_problems
from tests.conftest import MovedClock
from tests.engine.attacks.test_fuzz import no_faults
from tests.engine.deeds import DEEDS, PEOPLE, WHO, do
from tests.engine.harness import EngineHarness
from tests.engine.storage.test_restart import new_bench
from tests.lived_chat import live
from tests.services.replay.administration import ACTIONS, administer

POLL_MILLISECONDS = 300  # after which the engine asks for news
ROOMS = ("#tea", "#kitchen", "#all")


def act(bench: EngineHarness, action: str, user: str, room: str) -> None:
    """Carry out an action, and let the server notice it."""
    assert isinstance(bench.clock, MovedClock)
    administer(bench.database, bench.clock, action, user, room)
    bench.clock.instant += POLL_MILLISECONDS
    bench.core.engine.cycle([])


def test_tables_equal_a_replay_after_each_action(
    cheap_hashing: None, database: Database, clock: MovedClock
) -> None:
    bench = EngineHarness(database, clock)
    users = {"rename": "anna", "redact": "anna2", "delete erase": "anna2", "delete keep": "root"}
    with closing(bench.core.runtime.ledger):
        live(bench)
        for action in (*users, "delete room", "expire"):
            act(bench, action, users.get(action, ""), "#tea")
            assert (action, find_derivation_problems(database)) == (action, [])
        bench.connect("dora").send("JOIN #cakes", "PRIVMSG #cakes :hello", "TOPIC #cakes :Biscuits")
        assert find_derivation_problems(database) == []
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE room SET topic = 'Scones' WHERE key = '#cakes'"))
        assert ["column topic" in problem for problem in find_derivation_problems(database)] == [True]


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    evening=st.lists(
        st.one_of(
            st.tuples(WHO, DEEDS),
            st.tuples(WHO, DEEDS),
            st.tuples(WHO, DEEDS),
            st.tuples(st.sampled_from(ACTIONS), WHO, st.sampled_from(ROOMS)),
        ),
        max_size=60,
    )
)
def test_tables_equal_a_replay_after_any_evening(cheap_hashing: None, evening: list[tuple[str, ...]]) -> None:
    with new_bench() as bench, no_faults():
        for name in PEOPLE[:2]:
            do(bench, name, "create")
        for step in evening:
            if len(step) == 3:
                act(bench, *step)
            else:
                do(bench, *step)
        assert find_derivation_problems(bench.database) == []
