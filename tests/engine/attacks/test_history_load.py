"""Many simultaneous history requests do not delay live messages."""

from threading import Barrier, Thread, get_ident

from sqlalchemy.orm import Session

from app.commands.chathistory.playback import failed, read_later
from app.commands.context import Context
from app.engine.changeset import Changeset
from tests.engine.harness import EngineHarness

PATIENCE = 20.0  # seconds
READERS = 10


def test_only_two_pages_are_read_at_a_time(bench: EngineHarness) -> None:
    """Each reader waits inside for another one, so two always meet and a third would be noticed."""
    alice = bench.connect("alice")
    ctx = Context(bench.core.runtime, Changeset(bench.core.runtime.world, writable=False), alice.client)
    pair, inside, seen = Barrier(2), set[int](), set[int]()

    def read(session: Session) -> None:
        inside.add(get_ident())
        pair.wait(PATIENCE)
        seen.add(len(inside))
        pair.wait(PATIENCE)
        inside.discard(get_ident())

    task = read_later(ctx, failed("X", text="x"), read, lambda again, found: None)
    with bench.database.reading() as session:
        readers = [Thread(target=task.work, args=(session,)) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(PATIENCE)
    assert max(seen) == 2
    assert not inside
