"""A bot on irc-framework, which acts on what it is shown on joining like on anything else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interop.clients.irc_framework import FrameworkBot
from tests.process.server_process import Server

pytestmark = pytest.mark.clients

StartBot = Callable[[int, str], FrameworkBot]


def test_framework_bot_joins_and_answers(server: Server, framework_bot: StartBot) -> None:
    bot = framework_bot(server.port, "robot")
    bot.joins()
    peer = server.connect("peer")
    peer.send("PRIVMSG #general :!echo Привет 🎉", "PRIVMSG #general :\x01ACTION waves\x01")
    assert peer.hears(" PRIVMSG ")[-1].endswith("PRIVMSG #general :Привет 🎉")
    assert bot.receives("action", "waves").nick == "peer"


def test_framework_bot_receives_missed_messages_once(folder: Path, framework_bot: StartBot) -> None:
    with Server(folder) as server:
        port = server.port
        bot = framework_bot(port, "robot")
        bot.joins()
        peer = server.connect("peer")
        peer.send("PRIVMSG #general :!echo once")
        peer.hears("PRIVMSG #general :once")
        bot.receives("privmsg", "!echo once")
        server.end()
    bot.events.clear()
    with Server(folder) as server:
        peer = server.connect("peer")
        peer.send("PRIVMSG #general :meanwhile")
        peer.fence()
        server.end()
    with Server(folder, "-p", str(port)) as server:
        bot.joins()
        peer = server.connect("other")
        peer.send("PRIVMSG #general :live")
        bot.receives("privmsg", "live")
    said = [(event.text, event.batch) for event in bot.events if event.kind == "privmsg"]
    assert said == [("meanwhile", "chathistory"), ("live", None)]
