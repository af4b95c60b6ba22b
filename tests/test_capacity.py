"""The capacity model of docs/scaling.md agrees with a simulation of nodes that share a lock."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.benchmarks.capacity import CapacityModel, simulate

MICROSECOND = 1e-6
costs = st.integers(5, 200).map(lambda microseconds: microseconds * MICROSECOND)
models = st.builds(
    CapacityModel,
    batch=st.integers(500, 5_000).map(lambda microseconds: microseconds * MICROSECOND),
    message=costs,
    read=costs,
    encode=costs,
    max_batch=st.just(100),
    delivery=st.floats(0.05, 2.0).map(lambda microseconds: microseconds * MICROSECOND),
)


@settings(max_examples=20, deadline=None)
@given(models, st.integers(1, 8), st.integers(10, 2_000), st.integers(0, 100))
def test_no_more_is_stored_than_the_model_allows(
    model: CapacityModel, nodes: int, people: int, seed: int
) -> None:
    limit = model.max_rate(nodes, people)
    seconds = 50 * nodes * model.max_batch / limit
    overloaded = simulate(model, nodes, people, 2 * limit, seconds, seed)
    assert overloaded.rate == pytest.approx(limit, rel=0.15)


@settings(max_examples=20, deadline=None)
@given(
    models,
    st.integers(1, 8),
    st.integers(10, 2_000),
    st.floats(0.3, 0.85),
    st.floats(8, 100),
    st.integers(0, 100),
)
def test_a_message_waits_as_long_as_the_model_says(
    model: CapacityModel, nodes: int, people: int, load: float, batch_messages: float, seed: int
) -> None:
    model = replace(model, max_batch=10_000_000)
    rate = load * model.max_rate(nodes, people)
    batch_seconds = model.batch * batch_messages / (rate / nodes * model.turn(nodes, people, rate))
    model = replace(model, batch=batch_seconds)
    turn = model.turn(nodes, people, rate)
    run = simulate(model, nodes, people, rate, 200 * turn + 2_000 / rate, seed)
    assert run.rate == pytest.approx(rate, rel=0.15)
    assert run.latency == pytest.approx(model.latency(nodes, people, rate), rel=0.35)


def test_further_nodes_help_until_the_log_is_the_limit() -> None:
    model = CapacityModel(
        2_000 * MICROSECOND, 50 * MICROSECOND, 20 * MICROSECOND, 20 * MICROSECOND, 1 * MICROSECOND
    )
    rates = [model.max_rate(nodes, 10_000) for nodes in (1, 2, 4, 8)]
    assert rates == sorted(rates)
    assert rates[1] / rates[0] > 1.9
    assert all(rate < model.log_limit for rate in rates)
    with pytest.raises(ValueError, match="exceed the capacity"):
        model.turn(1, 10_000, rates[0])
