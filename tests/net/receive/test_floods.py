"""Rate limiting of input that costs the server work without sending messages."""

import pytest

from tests.net.conftest import Serve

pytestmark = pytest.mark.usefixtures("either_receives")


@pytest.mark.parametrize(
    "noise",
    [b"\n" * 65536, b"PONG\n" * 40, b" \r\n" * 20000, (b"x" * 16000 + b"\n") * 2],
    ids=["empty lines", "unsolicited PONGs", "blank lines", "overlong lines"],
)
def test_input_without_commands_is_rate_limited(serve: Serve, noise: bytes) -> None:
    chat = serve(flood_rate=100, flood_burst=20)
    bob, flooder = chat.connect("bob"), chat.connect("flooder")
    bob.fence()
    flooder.socket.sendall(noise + b"PRIVMSG #general :after the flood\r\n")
    for _ in range(5):
        assert not any(line.endswith(":after the flood") for line in bob.fence())
    bob.hears(":after the flood")


def test_long_replies_count_against_the_rate_limit(serve: Serve) -> None:
    """Short commands with long replies are limited by the length of the replies."""
    chat = serve(flood_rate=100, flood_burst=400, motd="x\n" * 5000)
    bob, client = chat.connect("bob"), chat.connect("asker")
    bob.fence()
    client.send(*["MOTD"] * 8, "PRIVMSG #general :after the flood")
    for _ in range(5):
        assert not any(line.endswith(":after the flood") for line in bob.fence())
    bob.hears(":after the flood")


def test_reply_is_charged_before_the_next_command(serve: Serve) -> None:
    """Even if the reader did not wait for it, as with quick commands."""
    chat = serve(flood_rate=1, flood_burst=650)
    bob, client = chat.connect("bob"), chat.connect("asker")
    bob.fence()
    client.send(*["HELP"] * 600, "VERSION")
    client.hears(" 351 ")
    client.send("PRIVMSG #general :after the flood")
    for _ in range(20):
        assert not any(line.endswith(":after the flood") for line in bob.fence())
