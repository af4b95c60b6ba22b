"""Bot mode (IRCv3 bot-mode)."""

from sqlalchemy import select

from app.db.models import EventRow
from app.wire.line import parse
from tests.engine.account_clients import account, enter
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people


def test_the_bot_mode_marks_a_bot(bench: EngineHarness) -> None:
    alice, _ = people(bench, "alice", "bot")
    assert any("BOT=B" in line.split() for line in alice.ask("VERSION"))
    bench.play(
        """
        bot > MODE bot +B
        bot < :bot!~bot@127.0.0.1 MODE bot +B
        bot > MODE bot +B
        bot =
        bot > MODE bot
        bot < :irc.example 221 bot +Bi
        alice > WHO bot
        alice < :irc.example 352 alice * ~bot 127.0.0.1 irc.example bot HB :0 Bot
        alice ~ :irc.example 315 *
        """
    )
    lines = [parse(line) for line in alice.ask("WHOIS bot")]
    assert [line.params for line in lines if line.command == "335"] == [["alice", "bot", "is a bot"]]
    bench.people["bot"].send("MODE bot -B")
    assert [line for line in alice.ask("WHOIS bot") if " 335 " in line] == []


def test_events_of_a_bot_carry_the_tag(bench: EngineHarness) -> None:
    for name, caps in {"alice": ["message-tags"], "bot": ["echo-message", "message-tags"]}.items():
        bench.connect(name, *caps)
    alice, bot, carol = gather(bench, "#tea", "alice", "bot", "carol")
    alice.send("MODE #tea +o bot")
    bot.ask("MODE bot +B")
    alice.heard(), carol.heard()
    bot.send(
        "PRIVMSG #tea :hi",
        "NOTICE #tea :hi",
        "@+draft/react=x TAGMSG #tea",
        "PRIVMSG alice :hi",
        "TOPIC #tea :leaves",
        "MODE #tea +m",
        "PART #tea",
        "JOIN #tea",
        "NICK robot",
        "QUIT",
    )
    heard = [parse(line) for line in alice.heard()]
    assert [line.command for line in heard] == (
        "PRIVMSG NOTICE TAGMSG PRIVMSG TOPIC MODE PART JOIN NICK QUIT".split()
    )
    assert all(line.tags["bot"] == "" for line in heard)
    echoes = [line for line in map(parse, bot.heard()) if line.command in ("PRIVMSG", "NOTICE", "TAGMSG")]
    assert {line.tags.get("bot") for line in echoes} == {""}
    assert all(not line.startswith("@") for line in carol.heard())


def test_the_bot_tag_has_no_value_and_is_kept_in_history(bench: EngineHarness) -> None:
    bench.connect("alice", "message-tags", "batch", "draft/chathistory")
    alice, bot = gather(bench, "#tea", "alice", "bot")
    bot.send("MODE bot +B", "PRIVMSG #tea :hi")
    said = alice.heard() + [line for line in alice.ask("CHATHISTORY LATEST #tea * 10") if "PRIVMSG" in line]
    assert len(said) == 2
    assert all("bot" in line.partition(" ")[0].removeprefix("@").split(";") for line in said)


def test_clients_cannot_forge_the_bot_tag(bench: EngineHarness) -> None:
    bench.connect("alice", "message-tags")
    alice, bob = gather(bench, "#tea", "alice", "bob")
    bob.send("@bot PRIVMSG #tea :hi")
    assert "bot" not in parse(alice.heard()[0]).tags


def test_server_messages_about_a_bot_are_not_tagged(bench: EngineHarness) -> None:
    account(bench, "anna")
    anna = enter(bench, "anna", "anna")
    anna.send("JOIN #tea", "MODE anna +B")
    bench.connect("carol", "message-tags")
    (carol,) = gather(bench, "#tea", "carol")
    anna.send("PART #tea", "JOIN #tea")
    left, came, mode = map(parse, carol.heard())
    assert left.tags["bot"] == came.tags["bot"] == ""
    assert (mode.params, mode.source, "bot" in mode.tags) == (["#tea", "+o", "anna"], "irc.example", False)


def test_typing_of_a_bot_is_not_stored(bench: EngineHarness) -> None:
    bench.connect("bot", "message-tags")
    (bot,) = gather(bench, "#tea", "bot")
    bot.send("MODE bot +B", "@+typing=active TAGMSG #tea", "@+draft/react=x TAGMSG #tea")
    with bench.database.reading() as session:
        stored = session.scalars(select(EventRow.data).where(EventRow.kind == "tagmsg")).all()
    assert stored == [{"tags": {"+draft/react": "x", "bot": ""}}]


def test_mode_changes_reach_all_devices(bench: EngineHarness) -> None:
    account(bench, "anna")
    here, there = enter(bench, "anna", "anna"), enter(bench, "anna", "anna")
    assert here.ask("MODE anna +B-i") == [":anna!~anna@127.0.0.1 MODE anna +B-i"]
    assert there.heard() == [":anna!~anna@127.0.0.1 MODE anna +B-i"]
    assert here.ask("MODE anna +XYi-i+i") == [
        ":irc.example 501 anna :Unknown user mode",
        ":anna!~anna@127.0.0.1 MODE anna +i",
    ]
