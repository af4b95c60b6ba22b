"""Whatever happens to nodes, all users see one order: that of the log."""

from collections.abc import Sequence

import pytest
from hypothesis import given, seed, settings

from tests.engine.simulation.database.databases import Databases
from tests.engine.simulation.histories import HISTORIES
from tests.engine.simulation.simulation import Step, check


@settings(max_examples=30, deadline=None, print_blob=True)
@given(history=HISTORIES)
def test_all_users_see_the_order_of_the_log(databases: Databases, history: Sequence[Step]) -> None:
    check(databases, history)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(6), ids="seed {}".format)
def test_all_users_see_the_order_of_the_log_in_many_histories(databases: Databases, number: int) -> None:
    @seed(number)
    @settings(max_examples=1_000, deadline=None, print_blob=True)
    @given(history=HISTORIES)
    def run(history: Sequence[Step]) -> None:
        check(databases, history)

    run()
