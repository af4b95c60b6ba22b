"""A database that cannot be read fails the request and nothing else."""

from sqlalchemy import text

from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness


def test_a_login_fails_when_the_database_is_unreadable(bench: EngineHarness) -> None:
    alice = bench.connect("alice", "sasl", "batch", "labeled-response")
    with bench.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE account RENAME TO elsewhere"))
    alice.send("AUTHENTICATE PLAIN", "@label=7 AUTHENTICATE AGFsaWNlAHNlc2FtZQ==", "PING after")
    _, refusal, pong = alice.heard()
    assert refusal.startswith("@label=7 :irc.example 400 alice AUTHENTICATE :The database")
    assert pong.endswith("after")


def test_a_newcomer_stays_when_missed_messages_are_unreadable(make_bench: MakeBench) -> None:
    bench = make_bench(auto_join="#tea")
    bench.connect("alice")
    with bench.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE last_visit RENAME TO elsewhere"))
        connection.execute(text("ALTER TABLE read_marker RENAME TO lost"))
    bob = bench.dial("bob")
    welcome = bob.ask("CAP REQ :draft/read-marker", "NICK bob", "USER bob 0 * :Bob", "CAP END")
    refusals = [line for line in welcome if " 400 " in line]
    assert refusals
    assert all("The database cannot be read" in line for line in refusals)
    assert any(line.endswith(" 366 bob #tea :End of NAMES list") for line in welcome)
    bench.people["alice"].ask("PRIVMSG #tea :hi")
    assert bob.heard() == [":alice!~alice@127.0.0.1 PRIVMSG #tea :hi"]
