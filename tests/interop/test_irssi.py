"""A person with irssi, who looks at the screen."""

from pathlib import Path

import pytest

from app.wire.line import parse
from tests.interop.conftest import LONG, StartIrssi, whole
from tests.process.server_process import Server

pytestmark = pytest.mark.clients

MANNERS = "Please knock"


def test_irssi_joins_automatically_and_talks(server: Server, irssi: StartIrssi) -> None:
    peer = server.connect("peer")
    anna = irssi(server.port, "anna")
    peer.hears("JOIN")
    anna.shows("Welcome to Server, anna", "[Act: 2]")
    anna.window(2)
    anna.shows("anna [~anna@127.0.0.1] has joined #general", "[ anna] [ peer]")

    anna.type("Привет, peer 🎉", "/me waves")
    assert "PRIVMSG #general :Привет, peer 🎉" in peer.hears("PRIVMSG")[-1]
    assert "PRIVMSG #general :\x01ACTION waves\x01" in peer.hears("PRIVMSG")[-1]
    peer.send(
        "PRIVMSG #general :и тебе 🙂", "PRIVMSG #general :\x01ACTION smiles\x01", "NOTICE #general :psst"
    )
    anna.shows("< peer> и тебе 🙂", " * peer smiles", "-peer:#general- psst")

    anna.type(LONG)
    assert whole(peer) == LONG.replace(" ", "")

    peer.send("PRIVMSG anna :between us")
    anna.shows("[Act: 3]")
    anna.window(3)
    anna.shows("<peer> between us")
    anna.type("of course")
    assert "PRIVMSG peer :of course" in peer.hears("of course")[-1]

    anna.type("/quit good night")
    assert "QUIT :Quit: good night" in peer.hears("QUIT")[-1]


def test_irssi_shows_replies_to_queries(server: Server, irssi: StartIrssi) -> None:
    peer = server.connect("peer")
    peer.send("JOIN #tea", f"TOPIC #tea :{MANNERS}", "AWAY :at lunch")
    peer.fence()
    anna = irssi(server.port, "anna")
    anna.shows("[Act: 2]")
    anna.type("/join #tea")
    anna.shows(f"Topic for #tea: {MANNERS}", "Topic set by peer", "[@peer] [ anna]", "#tea(+nt)")
    anna.type("/names", "/topic Milk first")
    anna.shows("2 nicks [1 ops, 0 halfops, 0 voices, 1 normal]", "You are not a channel operator")
    peer.send("MODE #tea +o anna")
    anna.shows("mode/#tea [+o anna] by peer")
    anna.type("/topic Milk first", "/nick anja")
    anna.shows("anna changed the topic of #tea to: Milk first", "You're now known as anja")
    assert peer.hears("NICK")[-1].endswith("NICK :anja")

    anna.window(1)
    anna.type("/whois peer", "/whois nobody")
    anna.shows(
        "peer [~peer@127.0.0.1]",
        "channels : #general @#tea",
        "away     : at lunch",
        "End of WHOIS",
        "There is no such nick nobody",
    )
    anna.type("/list -yes", "/away out for tea")
    anna.shows("#tea 2 Milk first", "You have been marked as being away")
    peer.send("PRIVMSG anja :are you there?")
    assert "301 peer anja :out for tea" in peer.hears(" 301 ")[-1]
    anna.type("/away")
    anna.shows("You are no longer marked as being away")


def test_irssi_shows_replayed_lines_with_their_times(old_server: Server, irssi: StartIrssi) -> None:
    anna = irssi(old_server.port, "newcomer")
    anna.shows("[Act: 2]")
    anna.window(2)
    screen = anna.shows("carol> a minute later", "Channel #general created")
    lines = [line for line in screen.splitlines() if "> " in line]
    assert lines == [
        "Tue 14 Nov 22:13 < anna> hello",
        "Tue 14 Nov 22:13 < Борис> привет",
        "Tue 14 Nov 22:13 < anna> same second",
        "Tue 14 Nov 22:14 < carol> a minute later",
    ]


def test_irssi_reconnects_and_sees_missed_messages(folder: Path, irssi: StartIrssi) -> None:
    with Server(folder) as server:
        anna = irssi(server.port, "anna")
        anna.shows("[Act: 2]")
        anna.window(2)
        anna.type("before")
        peer = server.connect("peer", "message-tags", "echo-message")
        peer.send("@+draft/react=🎉;+typing=done PRIVMSG #general :with tags", "PRIVMSG #general :a slip")
        slip = parse(peer.hears(":a slip")[-1]).tags["msgid"]
        anna.shows("< anna> before", "< peer> with tags", "< peer> a slip")
        peer.send(f"REDACT #general {slip} :wrong room")
        peer.fence()
        server.end()
    with Server(folder, "-p", str(server.port)) as server:
        server.connect("peer").send("PRIVMSG #general :meanwhile")
        screen = anna.shows("< peer> meanwhile")
        again = screen.rpartition("anna [~anna@127.0.0.1] has joined #general")[2]
        assert "with tags" not in again, "what was said before is not shown again"
        assert "a slip" not in again
        anna.type("back")
        anna.shows("< anna> back")
