"""P4: people who never read are gone at their limit, and nobody else notices anything of them."""

from pathlib import Path

from app.wire.line import parse
from tests.process.server_process import Server
from tests.process.socket_client import SocketClient

CAPS = ("echo-message", "draft/chathistory")
STUCK = 3
SENDQ = 65536
AT_ONCE = 100  # lines of one write, about 45 KB for each member of the room
MOST_WRITES = 1_000  # about 40 MB for each member of the room; far more than any queue and buffer holds
TEXT = "x" * 380
MOST_GROWTH = 64 * 1024  # KiB


def said(lines: list[str]) -> list[str]:
    """Pick out what the writer said."""
    return [line.params[1] for line in map(parse, lines) if line.command == "PRIVMSG"]


def fill(writer: SocketClient, readers: list[SocketClient], people: set[str]) -> list[str]:
    """Talk until all these people are gone, and return everything that was said.

    The readers hear each write before the next one comes. So they are never behind by more than that, which is
    less than the limit, however busy the machine is; they would wait in vain if those who are stuck stalled them.
    """
    texts: list[str] = []
    for number in range(MOST_WRITES):
        written = [f"{number}.{index} {TEXT}" for index in range(AT_ONCE)]
        texts += written
        writer.send(*(f"PRIVMSG #general :{text}" for text in written))
        for line in writer.hears(f":{number}.{AT_ONCE - 1} "):
            if line.endswith(" QUIT :SendQ exceeded"):
                people.remove(line[1:].partition("!")[0])
        for reader in readers:
            assert said(reader.hears(f":{number}.{AT_ONCE - 1} ")) == written, "in order, and all of it"
        if not people:
            break
    assert not people, f"still there: {people}"
    return texts


def test_those_who_never_read_stall_nobody_and_are_gone_at_their_limit(tmp_path: Path) -> None:
    with Server(tmp_path, sendq=SENDQ) as server:
        stuck = [server.connect(f"stuck{number}", receive_buffer=1024) for number in range(STUCK)]
        readers = [server.connect(f"reader{number}", *CAPS) for number in range(2)]
        writer = server.connect("writer", *CAPS)
        before = server.status("VmRSS")
        texts = fill(writer, readers, {f"stuck{number}" for number in range(STUCK)})
        assert server.status("VmHWM") - before < MOST_GROWTH
        for peer in stuck:
            assert len(said(peer.rest())) < len(texts), "what was queued for them is gone"
