"""The fair queue serves flows in turn, and the semaphore hands its slots on in that order."""

from collections import Counter, deque
from threading import Thread

from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.accounts.fair_semaphore import FairQueue, FairSemaphore
from tests.waiting import eventually

FLOWS = st.sampled_from("abcd")
DEADLINE_SECONDS = 30


def drain(queue: FairQueue[tuple[str, int]]) -> list[tuple[str, int]]:
    """Pop every item."""
    return [item for item in iter(queue.pop, None) if item is not None]


def test_a_flow_with_many_items_does_not_delay_others() -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue()
    for number in range(60):
        queue.push("many", ("many", number))
    queue.push("one", ("one", 0))
    queue.push("other", ("other", 0))
    served = drain(queue)
    assert served[:4] == [("many", 0), ("one", 0), ("other", 0), ("many", 1)]
    assert len(served) == 62


@settings(deadline=None)
@given(st.lists(st.one_of(FLOWS, st.none()), max_size=60))
def test_flows_are_served_in_turn_and_each_in_order(steps: list[str | None]) -> None:
    """A flow letter pushes an item, None pops one."""
    queue: FairQueue[tuple[str, int]] = FairQueue()
    pushed: Counter[str] = Counter()
    waiting: dict[str, deque[int]] = {}
    since: dict[str, Counter[str]] = {}  # what was served while a flow has been waiting
    for flow in steps:
        if flow is not None:
            queue.push(flow, (flow, pushed[flow]))
            waiting.setdefault(flow, deque()).append(pushed[flow])
            since.setdefault(flow, Counter())
            pushed[flow] += 1
            continue
        item = queue.pop()
        assert (item is None) == (not waiting)
        if item is None:
            continue
        served, number = item
        assert waiting[served].popleft() == number
        since[served] = Counter()
        if not waiting[served]:
            del waiting[served], since[served]
        for flow, others in since.items():
            others[served] += flow != served
            assert all(count <= 1 for count in others.values()), "no flow is served twice before another"
    assert queue.count_by_flow() == {flow: len(items) for flow, items in waiting.items()}


def test_a_slot_is_passed_to_the_flows_in_turn() -> None:
    semaphore, served = FairSemaphore(1), []

    def work(flow: str) -> None:
        with semaphore.slot(flow):
            served.append(flow)

    threads = [Thread(target=work, args=(flow,), daemon=True) for flow in "aaaabbc"]
    with semaphore.slot("a"):
        for number, thread in enumerate(threads, 1):
            thread.start()
            eventually(lambda n=number: sum(semaphore.count_waiting().values()) == n, DEADLINE_SECONDS)  # type: ignore[misc]
    for thread in threads:
        thread.join(DEADLINE_SECONDS)
    assert "".join(served) == "abcabaa"
    assert semaphore.count_waiting() == {}


def test_no_more_threads_than_slots_hold_one() -> None:
    semaphore, holding, most = FairSemaphore(2), [], []

    def work(flow: str) -> None:
        for _ in range(50):
            with semaphore.slot(flow):
                holding.append(flow)
                most.append(len(holding))
                holding.remove(flow)

    threads = [Thread(target=work, args=(flow,), daemon=True) for flow in "aaabbc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_SECONDS)
    assert len(most) == 300
    assert max(most) <= 2
    assert semaphore.count_waiting() == {}


def test_an_exception_gives_the_slot_back() -> None:
    semaphore = FairSemaphore(1)
    for _ in range(3):
        try:
            with semaphore.slot("a"):
                raise ValueError
        except ValueError:
            pass
    with semaphore.slot("b"):
        assert semaphore.count_waiting() == {}
