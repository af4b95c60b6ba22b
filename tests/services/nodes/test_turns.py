"""Nodes take turns at the log; one that is paused in its turn does not keep the others waiting."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from app.clock import Clock
from app.db.database import Database
from app.errors import LogBusy, StorageError
from app.events import Event, Kind
from app.services.ledger.ledger import Ledger
from tests.postgres import Postgres

DEADLINE_SECONDS = 20


def said(text: str) -> list[Event]:
    """Return a message."""
    return [Event(Kind.PRIVMSG, nick="anna", target="bob", text=text)]


@pytest.fixture
def ledgers(postgres: Postgres) -> Iterator[list[Ledger]]:
    """The ledgers of two servers, whose connections are those of an engine."""
    with postgres.database() as url, ExitStack() as stack:
        found = []
        for name in ("a", "b"):
            database = stack.enter_context(closing(Database(url)))
            stack.enter_context(closing(database.dialect.claim_node(database.engine, name)))
            ledger = stack.enter_context(closing(Ledger(database, Clock())))
            ledger.start(lambda snapshot: None)
            found.append(ledger)
        yield found


def test_paused_node_loses_the_lock_of_the_log(ledgers: list[Ledger]) -> None:
    paused, other = ledgers
    paused.open()

    def take_turn() -> list[Event]:
        while True:
            try:
                return other.open()
            except LogBusy:
                continue

    with ThreadPoolExecutor(1) as pool:
        turn: Future[list[Event]] = pool.submit(take_turn)
        assert turn.result(DEADLINE_SECONDS) == []
    other.commit(said("meanwhile"))
    with pytest.raises(StorageError):
        paused.commit(said("mine"))
    assert paused.resolve_commit() is None
    assert [event.text for event in paused.open()] == ["meanwhile"]
    assert paused.commit(said("mine")) == []
    assert [event.text for event in other.read_remote_events()] == ["mine"]
