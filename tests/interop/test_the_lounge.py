"""A person with The Lounge in a browser."""

from collections.abc import Callable

import pytest

from tests.interop.clients.the_lounge import TheLounge
from tests.process.server_process import Server

pytestmark = pytest.mark.clients

StartTheLounge = Callable[[int], TheLounge]


def test_the_lounge_joins_and_talks(server: Server, the_lounge: StartTheLounge) -> None:
    peer = server.connect("peer")
    page = the_lounge(server.port).open("anna")
    assert "JOIN" in peer.hears("anna!")[-1]
    page.say("Доброе утро ☕")
    assert peer.hears("PRIVMSG")[-1].endswith("PRIVMSG #general :Доброе утро ☕")
    peer.send("PRIVMSG #general :и тебе 🙂")
    page.shows("и тебе 🙂")
    page.close()
    assert "QUIT" in peer.hears("anna!")[-1]


def test_the_lounge_requests_history(server: Server, the_lounge: StartTheLounge) -> None:
    peer = server.connect("peer")
    lounge = the_lounge(server.port)
    page = lounge.open("anna")
    peer.hears("anna!")
    peer.send("PRIVMSG #general :seen")
    page.shows("seen")
    page.close()
    peer.hears("QUIT")
    peer.send("PRIVMSG #general :missed", "PRIVMSG #general :\x01ACTION waves\x01")
    peer.fence()
    page = lounge.open("anna")
    page.shows("missed")
    peer.send("PRIVMSG #general :live")
    page.shows("live")
    assert page.messages() == [("peer", "seen"), ("peer", "missed"), ("peer", "live")]
