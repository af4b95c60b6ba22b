"""Pages of history end where the live messages of their node begin."""

from collections.abc import Callable, Sequence

import pytest

from app.engine.submission_unit import SubmissionUnit, run_slow_work
from app.wire.line import parse
from tests.engine import history_clients
from tests.engine.cluster import Cluster
from tests.engine.harness import HarnessClient
from tests.engine.scenes import gather

Ask = Callable[[HarnessClient], Sequence[str]]


def ask_for_page(anna: HarnessClient) -> Sequence[str]:
    """Request a page, and return the texts."""
    return history_clients.texts(anna, "LATEST #tea * 10")


def search(anna: HarnessClient) -> Sequence[str]:
    """Search, and return the texts."""
    lines = [parse(line) for line in anna.ask("SEARCH in=#tea;text=hello")]
    return [line.params[-1] for line in lines if line.command == "PRIVMSG"]


def test_targets_count_no_message_that_comes_live(cluster: Cluster) -> None:
    a, b = cluster.nodes.values()
    anna = a.connect("anna", *history_clients.CAPS)
    cluster.settle()
    bob = b.connect("bob")
    cluster.settle()
    bob.send("PRIVMSG anna :hello")

    def targets() -> list[str]:
        query = "CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 9"
        lines = [parse(line) for line in anna.ask(query)]
        return [line.params[1] for line in lines if line.command == "CHATHISTORY"]

    assert targets() == []
    cluster.settle()
    assert targets() == ["bob"]


@pytest.mark.parametrize("ask", [ask_for_page, search])
def test_history_and_live_messages_overlap_on_no_node(cluster: Cluster, ask: Ask) -> None:
    a, b = cluster.nodes.values()
    anna = a.connect("anna", *history_clients.CAPS, "soju.im/search")
    gather(a, "#tea", "anna")
    cluster.settle()
    b.connect("bob")
    (bob,) = gather(b, "#tea", "bob")
    bob.send("PRIVMSG #tea :hello 1")
    cluster.settle()
    bob.send("PRIVMSG #tea :hello 2")
    assert ask(anna) == ["hello 1"]
    cluster.settle()
    assert [line.params[-1] for line in anna.hears("PRIVMSG")] == ["hello 2"]
    assert ask(anna) == ["hello 1", "hello 2"]


def test_history_shows_nothing_that_waits_for_a_commit(cluster: Cluster) -> None:
    a, b = cluster.nodes.values()
    anna = a.connect("anna", *history_clients.CAPS)
    gather(a, "#tea", "anna")
    cluster.settle()
    b.connect("bob")
    (bob,) = gather(b, "#tea", "bob")
    cluster.settle()
    anna.heard()
    request = SubmissionUnit(anna.client, [a.request("CHATHISTORY LATEST #tea * 10")])
    a.core.engine.cycle([request])
    assert request.slow_work is not None
    bob.send("PRIVMSG #tea :hello")
    committer = a.core.engine._committer
    changeset = (
        committer.open()
    )  # reads the message; on a new connection, its commit shows that it is replicated
    assert changeset is not None
    with a.database.reading() as session:
        continuation = run_slow_work(request.slow_work, session)
    committer.commit(changeset, [])
    a.core.engine.cycle([request.make_continuation(continuation)])
    assert [line.command for line in map(parse, anna.heard())] == ["PRIVMSG", "BATCH", "BATCH"]
