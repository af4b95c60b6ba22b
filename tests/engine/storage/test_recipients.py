"""Who waits for something in a batch."""

from collections.abc import Iterator

import pytest

from app.engine.changeset import Changeset
from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.delivery.plan import Broadcast
from app.engine.delivery.response import Response
from app.engine.delivery.sink import NullSink
from app.engine.storing.batch import Batch, WaitingReply
from app.engine.storing.recipients import MAX_COPIED_CLIENTS
from app.engine.submission_unit import SubmissionUnit
from app.events import Event, Kind
from tests.engine.harness import EngineHarness

HELLO = Event(Kind.PRIVMSG, text="hello")


class CountedPlan(list[Broadcast | Response]):
    """A plan that counts how often it is searched."""

    searches = 0

    def __iter__(self) -> Iterator[Broadcast | Response]:
        self.searches += 1
        return super().__iter__()


def clients(count: int) -> list[Client]:
    """Return clients."""
    return [Client(NullSink(), "127.0.0.1", False, 0.0) for _ in range(count)]


@pytest.fixture
def plan() -> CountedPlan:
    """An empty plan."""
    return CountedPlan()


@pytest.fixture
def batch(bench: EngineHarness, plan: CountedPlan) -> Batch:
    """A batch with the plan."""
    return Batch(Changeset(bench.world, writable=False, plan=plan), [])


@pytest.mark.parametrize("size", [1, MAX_COPIED_CLIENTS + 1])
def test_all_recipients_of_a_batch_are_found(batch: Batch, plan: CountedPlan, size: int) -> None:
    members, (newcomer, author, asker, waiting, other) = clients(size), clients(5)
    room = Audience(members)
    plan += [Broadcast(HELLO, room, author), Broadcast(HELLO, room.joined_by([newcomer])), Response(asker)]
    batch.units.append(SubmissionUnit(waiting, ()))
    assert all(batch.has_output_for(client) for client in (*members, newcomer, author, asker, waiting))
    assert not batch.has_output_for(other)


def test_recipients_of_what_is_added_later_are_found(batch: Batch, bench: EngineHarness) -> None:
    asker, waiting, member = clients(3)
    assert not any(batch.has_output_for(client) for client in (asker, waiting, member))
    batch.add_reply(WaitingReply([Response(asker)], [SubmissionUnit(waiting, ())], reads_world=False))
    later = [Broadcast(HELLO, Audience([member]))]
    assert [batch.has_output_for(client) for client in (asker, waiting, member)] == [True, True, False]
    batch.append(Batch(Changeset(bench.world, writable=False, plan=[*later]), []))
    assert all(batch.has_output_for(client) for client in (asker, waiting, member))


def test_plan_is_searched_once_however_many_clients_ask(batch: Batch, plan: CountedPlan) -> None:
    plan.append(Broadcast(HELLO, Audience(clients(1))))
    for client in clients(10):
        assert not batch.has_output_for(client)
    assert plan.searches == 1
