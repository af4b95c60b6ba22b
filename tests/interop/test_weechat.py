"""A person with weechat, which negotiates more and keeps the time of each line."""

from pathlib import Path

import pytest

from app.wire.line import parse
from tests.interop.conftest import LONG, StartWeechat, whole
from tests.legacy_database import MESSAGES
from tests.process.server_process import Server

pytestmark = pytest.mark.clients


def test_weechat_joins_talks_and_queries(server: Server, weechat: StartWeechat) -> None:
    peer = server.connect("peer", "server-time")
    wanda = weechat(server.port, "wanda")
    enabled = wanda.shows("client capability, enabled").text
    assert {"server-time", "message-tags", "extended-join", "multi-prefix"} <= set(enabled.split())
    joined = wanda.shows("has joined", place="#general").text
    assert joined == "wanda (A person with weechat) (~wee@127.0.0.1) has joined #general"
    wanda.shows("2 nicks", place="#general")

    wanda.type("Доброе утро ☕")
    assert "PRIVMSG #general :Доброе утро ☕" in peer.hears("PRIVMSG")[-1]
    peer.send("PRIVMSG #general :доброе 🌞", "PRIVMSG wanda :only you")
    wanda.shows("доброе 🌞", "peer", "#general")
    wanda.shows("only you", "peer", "peer")
    wanda.type("only me", "peer")
    assert "PRIVMSG peer :only me" in peer.hears("only me")[-1]

    wanda.type(LONG)
    assert whole(peer) == LONG.replace(" ", "")

    wanda.type("/join #tea")
    wanda.shows("1 nick (1 op", place="#tea")
    wanda.type("/topic Milk first", "#tea")
    wanda.shows('wanda has changed topic for #tea to "Milk first"', place="#tea")
    for asked, answered in {
        "/whois peer": "[peer] #general",
        "/list": "#tea(1): Milk first",
        "/away out": "You are now marked as away",
        "/nick wendy": "You are now known as wendy",
        "/nick peer": "peer: Nickname is already in use",
    }.items():
        wanda.type(asked)
        wanda.shows(answered)


def test_weechat_shows_history_with_its_times(old_server: Server, weechat: StartWeechat) -> None:
    wanda = weechat(old_server.port, "wanda")
    wanda.shows("Channel created", place="#general")
    replayed = [(line.at, line.who, line.text) for line in wanda.shown if "irc_privmsg" in line.tags]
    assert replayed == [message[1:] for message in MESSAGES]


def test_weechat_reconnects_and_sees_missed_messages(folder: Path, weechat: StartWeechat) -> None:
    with Server(folder) as server:
        wanda = weechat(server.port, "wanda", autoreconnect_delay="1")
        wanda.shows("has joined", place="#general")
        peer = server.connect("peer", "message-tags", "echo-message")
        peer.send("@+draft/react=x PRIVMSG #general :with tags", "PRIVMSG #general :a slip")
        said = [parse(line) for line in peer.hears(":a slip") if " PRIVMSG " in line]
        shown = wanda.shows("with tags", "peer", "#general")
        assert f"irc_tag_msgid_{said[0].tags['msgid']}" in shown.tags
        assert "irc_tag_+draft/react_x" in shown.tags
        peer.send(f"REDACT #general {said[1].tags['msgid']}")
        peer.fence()
        server.end()
    wanda.shows("The server is shutting down")
    wanda.shown.clear()
    with Server(folder, "-p", str(server.port)) as server:
        wanda.shows("has joined", place="#general")
        server.connect("peer").send("PRIVMSG #general :meanwhile")
        wanda.shows("meanwhile", "peer", "#general")
        texts = [line.text for line in wanda.shown if "irc_privmsg" in line.tags]
        assert texts == ["meanwhile"], "without what was shown before"
        wanda.type("back")
        wanda.shows("back", "wanda", "#general")
