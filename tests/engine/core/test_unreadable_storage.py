"""A database that cannot be read fails the request and nothing else."""

from sqlalchemy import text

from tests.engine.harness import EngineHarness


def test_a_login_fails_when_the_database_is_unreadable(bench: EngineHarness) -> None:
    alice = bench.connect("alice", "sasl", "batch", "labeled-response")
    with bench.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE account RENAME TO elsewhere"))
    alice.send("AUTHENTICATE PLAIN", "@label=7 AUTHENTICATE AGFsaWNlAHNlc2FtZQ==", "PING after")
    _, refusal, pong = alice.heard()
    assert refusal.startswith("@label=7 :irc.example 400 alice AUTHENTICATE :The database")
    assert pong.endswith("after")
