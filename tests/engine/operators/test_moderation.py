"""KILL and KICK by administrators."""

from sqlalchemy import select

from app.db.models import EventRow, SessionRow
from app.services.administration import moderation
from app.services.rooms import modes as room_modes
from app.wire.modes import parse_changes
from tests.engine.account_clients import account, codes, enter
from tests.engine.harness import EngineHarness
from tests.story import Story


def test_kill_needs_an_administrator(bench: EngineHarness) -> None:
    account(bench, "alice")
    enter(bench, "alice", "alice")
    bench.connect("bob")
    bench.play(
        """
        alice > KILL bob :out
        alice ~ :irc.example 481 alice :*
        bob > KILL bob
        bob ~ :irc.example 481 bob :*
        bob > KILL
        bob ~ :irc.example 481 bob :*
        bob =
        bob > PING x
        bob < :irc.example PONG irc.example :x
        """
    )


def test_kill_disconnects_at_once(bench: EngineHarness) -> None:
    account(bench, "root", role="admin")
    enter(bench, "root", "root")
    bench.connect("bob")
    bench.connect("carol")
    bench.play(
        """
        bob > JOIN #tea
        carol > JOIN #tea
        bob .
        carol .
        root > KILL BOB :no spam here
        root =
        bob < ERROR :Closing link: Killed by root: no spam here
        bob =
        carol < :bob!~bob@127.0.0.1 QUIT :Killed by root: no spam here
        carol =
        root > KILL bob
        root ~ :irc.example 401 root bob :*
        root > KILL carol
        carol < ERROR :Closing link: Killed by root
        """
    )
    assert bench.people["bob"].ear.is_finished
    assert bench.people["bob"].ask("PING x") == []
    bench.connect("bob")


def test_a_kill_precedes_its_quit_in_the_log(bench: EngineHarness) -> None:
    account(bench, "root", role="admin")
    enter(bench, "root", "root").send("KILL bob :nothing happens")
    bench.connect("bob")
    bench.people["root"].send("KILL bob :spam")
    with bench.database.reading() as session:
        columns = (EventRow.kind, EventRow.nick, EventRow.target, EventRow.text)
        ended, killed = session.execute(select(*columns).order_by(EventRow.id.desc()).limit(2)).all()
        left = session.scalar(select(SessionRow.disconnected).where(SessionRow.nick == "bob"))
    assert tuple(killed) == ("killed", "root", "bob", "spam")
    assert ended.kind == "quit"
    assert left is not None


def test_kill_disconnects_all_devices(bench: EngineHarness) -> None:
    account(bench, "root", role="admin")
    account(bench, "bob")
    phone, laptop = enter(bench, "bob", "bob"), enter(bench, "bob", "bob")
    enter(bench, "root", "root").send("KILL bob")
    assert codes(phone.heard()) == codes(laptop.heard()) == ["ERROR"]
    assert phone.ear.is_finished
    assert laptop.ear.is_finished


def test_an_administrator_may_kill_themselves(bench: EngineHarness) -> None:
    account(bench, "root", role="admin")
    root = enter(bench, "root", "root", "labeled-response", "batch")
    assert codes(root.ask("@label=x KILL root")) == ["ERROR"]
    assert root.ear.is_finished
    assert bench.core.runtime.world.users == {}


def test_a_kick_by_chat_admin_reaches_the_room(bench: EngineHarness) -> None:
    """`chat-admin kick` appends to the log; the server applies it in the next cycle."""
    bench.connect("alice")
    bench.connect("bob")
    for name in ("alice", "bob"):
        bench.people[name].send("JOIN #tea")
    bench.play("alice .\nbob .")
    Story(bench.database, bench.clock).apply(
        lambda admin: moderation.kick_user(admin, "bob", "#tea", "enough"), by="root"
    )
    bench.connect("carol")
    bench.play(
        """
        alice < :root KICK #tea bob :enough
        alice =
        bob < :root KICK #tea bob :enough
        bob > PRIVMSG #tea :hi
        bob ~ :irc.example 404 bob #tea :*
        alice =
        """
    )


def test_a_kill_by_chat_admin_disconnects(bench: EngineHarness) -> None:
    bench.connect("alice").send("JOIN #tea")
    bench.connect("bob").send("JOIN #tea")
    bench.play("alice .\nbob .")
    Story(bench.database, bench.clock).apply(lambda admin: moderation.kill_user(admin, "bob", "spam"))
    bench.connect("carol")
    bench.play(
        """
        bob < ERROR :Closing link: Killed: spam
        alice < :bob!~bob@127.0.0.1 QUIT :Killed: spam
        alice =
        """
    )
    assert bench.people["bob"].ear.is_finished


def test_modes_and_roles_set_by_chat_admin_reach_the_room(bench: EngineHarness) -> None:
    """Members see the key, only operators the word filter, and nobody the role of an absentee."""
    account(bench, "anna")
    account(bench, "zoe")
    bench.connect("alice").send("JOIN #tea")
    enter(bench, "anna", "anna").send("JOIN #tea")
    bench.play("alice .\nanna .")
    story = Story(bench.database, bench.clock)

    def change(modes: str, *arguments: str) -> None:
        changes = parse_changes(modes, list(arguments))
        story.apply(lambda admin: room_modes.change_modes(admin, "#tea", changes, 10), by="root")

    change("+mk", "sesame")
    change("+g", "casino")
    story.apply(lambda admin: room_modes.set_room_role(admin, "#tea", "zoe", "voice"), by="root")
    story.apply(lambda admin: room_modes.set_room_role(admin, "#tea", "anna", "operator"), by="root")
    bench.connect("carol")
    bench.play(
        """
        alice < :root MODE #tea +mk sesame
        alice < :root MODE #tea +g casino
        alice < :root MODE #tea +o anna
        alice =
        anna < :root MODE #tea +mk sesame
        anna < :root MODE #tea +o anna
        anna =
        anna > MODE #tea -g casino
        alice < :anna!~anna@127.0.0.1 MODE #tea -g casino
        carol > JOIN #tea
        carol ~ :irc.example 475 carol #tea :*
        """
    )
