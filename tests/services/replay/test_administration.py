"""After what administrators remove and rename, the tables still equal a replay of the log."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.replay.verification import find_derivation_problems
from tests.conftest import MovedClock
from tests.engine.attacks.test_fuzz import no_faults
from tests.engine.core.test_restart import DEEDS, PEOPLE, WHO, do, new_bench
from tests.engine.harness import EngineHarness
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


def problems(bench: EngineHarness) -> list[str]:
    return find_derivation_problems(Path(str(bench.database)))


@pytest.mark.parametrize("action", ACTIONS)
def test_tables_equal_a_replay_after_an_action(action: str, cheap_hashing: None, tmp_path: Path) -> None:
    bench = EngineHarness.fresh(tmp_path / "chat.db", MovedClock())
    live(bench)
    act(bench, action, "anna", "#tea")
    assert problems(bench) == []
    bench.connect("dora").send("JOIN #kitchen", "PRIVMSG #kitchen :hello", "TOPIC #kitchen :Biscuits")
    assert problems(bench) == []
    bench.close()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
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
        assert problems(bench) == []
