"""Promise P4: a client that never reads is disconnected at its limit and delays no one."""

from pathlib import Path

from app.wire.line import parse
from tests.process.server_process import Server
from tests.process.socket_client import SocketClient

CAPS = ("echo-message", "draft/chathistory")
STUCK = 3
SENDQ = 65536
LINES_PER_WRITE = 100  # about 45 KB for each member of the room
MAX_WRITES = 1_000  # about 40 MB for each member of the room, more than all queues hold
TEXT = "x" * 380
MAX_GROWTH_KIB = 64 * 1024  # KiB


def texts_in(lines: list[str]) -> list[str]:
    """Return the texts of the messages among the lines."""
    return [line.params[1] for line in map(parse, lines) if line.command == "PRIVMSG"]


def fill(writer: SocketClient, readers: list[SocketClient], people: set[str]) -> list[str]:
    """Send until all these users are disconnected, and return all texts sent.

    The readers receive each write before the next, so they never lag by more than one write, which
    is below the limit even on a busy machine. They would time out if the stuck clients stalled
    them.
    """
    texts: list[str] = []
    for number in range(MAX_WRITES):
        written = [f"{number}.{index} {TEXT}" for index in range(LINES_PER_WRITE)]
        texts += written
        writer.send(*(f"PRIVMSG #general :{text}" for text in written))
        for line in writer.hears(f":{number}.{LINES_PER_WRITE - 1} "):
            if line.endswith(" QUIT :SendQ exceeded"):
                people.remove(line[1:].partition("!")[0])
        for reader in readers:
            assert texts_in(reader.hears(f":{number}.{LINES_PER_WRITE - 1} ")) == written, (
                "complete and in order"
            )
        if not people:
            break
    assert not people, f"still connected: {people}"
    return texts


def test_clients_that_never_read_are_disconnected_at_the_limit(tmp_path: Path) -> None:
    with Server(tmp_path, sendq=SENDQ) as server:
        stuck = [server.connect(f"stuck{number}", receive_buffer=1024) for number in range(STUCK)]
        readers = [server.connect(f"reader{number}", *CAPS) for number in range(2)]
        writer = server.connect("writer", *CAPS)
        before = server.status("VmRSS")
        texts = fill(writer, readers, {f"stuck{number}" for number in range(STUCK)})
        assert server.status("VmHWM") - before < MAX_GROWTH_KIB
        for peer in stuck:
            assert len(texts_in(peer.rest())) < len(texts), "their queues were discarded"
