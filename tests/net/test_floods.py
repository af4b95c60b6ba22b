"""Floods of what costs the server work but is no conversation: they wait in their own thread like all others."""

import pytest

from tests.net.conftest import Serve

pytestmark = pytest.mark.usefixtures("either_receives")


@pytest.mark.parametrize(
    "noise",
    [b"\n" * 65536, b"PONG\n" * 40, b" \r\n" * 20000, (b"x" * 16000 + b"\n") * 2],
    ids=["empty lines", "answers nobody asked for", "blanks", "lines too long"],
)
def test_input_without_commands_is_rate_limited(serve: Serve, noise: bytes) -> None:
    chat = serve(flood_rate=100, flood_burst=20)
    bob, flooder = chat.connect("bob"), chat.connect("flooder")
    bob.fence()
    flooder.socket.sendall(noise + b"PRIVMSG #general :behind it\r\n")
    for _ in range(5):
        assert not any(line.endswith(":behind it") for line in bob.fence())
    bob.hears(":behind it")


def test_long_replies_count_against_the_rate_limit(serve: Serve) -> None:
    """Who asks for much, and again, waits; however short each question is."""
    chat = serve(flood_rate=100, flood_burst=400, motd="x\n" * 5000)
    bob, asker = chat.connect("bob"), chat.connect("asker")
    bob.fence()
    asker.send(*["MOTD"] * 8, "PRIVMSG #general :behind it")
    for _ in range(5):
        assert not any(line.endswith(":behind it") for line in bob.fence())
    bob.hears(":behind it")


def test_reply_is_charged_before_the_next_command(serve: Serve) -> None:
    """Also where its reader did not wait for it, which no quick command makes it do."""
    chat = serve(flood_rate=1, flood_burst=650)
    bob, asker = chat.connect("bob"), chat.connect("asker")
    bob.fence()
    asker.send(*["HELP"] * 600, "VERSION")
    asker.hears(" 351 ")
    asker.send("PRIVMSG #general :behind it")
    for _ in range(20):
        assert not any(line.endswith(":behind it") for line in bob.fence())
