"""WALLOPS."""

from sqlalchemy import select

from app.db.models import EventRow
from app.wire.line import parse
from tests.engine.account_clients import account, enter
from tests.engine.harness import EngineHarness
from tests.engine.scenes import people


def test_wallops_reaches_users_with_mode_w(bench: EngineHarness) -> None:
    account(bench, "root", role="admin")
    enter(bench, "root", "root")
    people(bench, "alice", "bob", "carol")
    bench.play(
        """
        alice > MODE alice +w
        alice < :alice!~alice@127.0.0.1 MODE alice +w
        carol > MODE carol +w-w
        carol =
        root > WALLOPS :the kettle is on
        root =
        alice < :root!~root@127.0.0.1 WALLOPS :the kettle is on
        alice =
        bob =
        carol =
        alice > MODE alice -w
        alice .
        root > WALLOPS :more tea
        alice =
        """
    )


def test_the_sender_with_mode_w_receives_it(bench: EngineHarness) -> None:
    account(bench, "root", role="admin")
    root = enter(bench, "root", "root", "labeled-response", "batch")
    root.send("MODE root +w")
    bench.play(
        """
        root .
        root > @label=w WALLOPS tea
        root < :root!~root@127.0.0.1 WALLOPS :tea
        root < @label=w :irc.example ACK
        root =
        """
    )


def test_wallops_needs_an_administrator(bench: EngineHarness) -> None:
    people(bench, "alice", "bob")
    bench.people["bob"].ask("MODE bob +w")
    bench.play(
        """
        alice > WALLOPS :the kettle is on
        alice ~ :irc.example 481 alice :*
        alice =
        bob =
        """
    )


def test_wallops_needs_text_and_is_stored(bench: EngineHarness) -> None:
    account(bench, "root", role="admin")
    root = enter(bench, "root", "root")
    for line in ("WALLOPS", "WALLOPS :"):
        assert [parse(heard).command for heard in root.ask(line)] == ["461"]
    root.send("WALLOPS :the kettle is on")
    with bench.database.reading() as session:
        assert session.scalars(select(EventRow.text).where(EventRow.kind == "wallops")).all() == [
            "the kettle is on"
        ]
