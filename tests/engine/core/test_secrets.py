"""Secrets stay out of files, logs, errors, exports and the audit trail."""

import json
import logging
from base64 import b64encode
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.engine.harness import EngineHarness

ALL = {"event": text("SELECT * FROM event"), "audit": text("SELECT * FROM audit")}
SECRETS = ("Tr0ub4dor", "wr0ngGuess", "st4ple", "k3yOfTheRoom")


def live_through_every_use_of_a_secret(bench: EngineHarness) -> None:
    """Register, log in with right and wrong secrets in every way, and set a channel key."""
    right, wrong, changed, key = SECRETS
    alice = bench.connect("alice", "sasl", "draft/account-registration", "draft/event-playback")
    alice.send(f"REGISTER * * {right}", "JOIN #tea", f"MODE #tea +k {key}", f"MODE #tea -k {key}")
    alice.send(f"MODE #tea +k {key}", "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', wrong)}")
    alice.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', right)}", f"JOIN #tea {key}")
    for said in (right, f"alice:{wrong}", f"alice:{changed}"):
        person = bench.dial("carol")
        person.send(f"PASS {said}", "NICK carol", "USER carol 0 * :Carol")
        person.send("QUIT")
    dave = bench.connect("dave", "echo-message")
    dave.send(f"PRIVMSG NickServ :IDENTIFY alice {wrong}", f"PRIVMSG NickServ :REGISTER {right}")
    dave.send(f"PRIVMSG NickServ :SET PASSWORD {right} {changed}", f"PRIVMSG NickServ :INDENTIFY {changed}")


def plain(name: str, password: str) -> str:
    return b64encode(f"\0{name}\0{password}".encode()).decode()


def test_no_secret_is_in_the_database_files(bench: EngineHarness) -> None:
    live_through_every_use_of_a_secret(bench)
    right, wrong, changed, _ = SECRETS
    file = Path(str(bench.database))
    data = b"".join(path.read_bytes() for path in file.parent.glob(file.name + "*"))
    assert b"alice" in data
    assert not [secret for secret in (right, wrong, changed) if secret.encode() in data]


def test_channel_keys_are_not_in_the_event_log(bench: EngineHarness) -> None:
    live_through_every_use_of_a_secret(bench)
    with bench.database.engine.connect() as connection:
        rows = [tuple(row) for table in ("event", "audit") for row in connection.execute(ALL[table])]
    assert any("+k" in str(row) for row in rows)
    assert not [row for row in rows for secret in SECRETS if secret in json.dumps(row, default=str)]


def test_no_secret_is_in_the_server_log(bench: EngineHarness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    live_through_every_use_of_a_secret(bench)
    assert not [secret for secret in SECRETS if secret in caplog.text]


def test_no_secret_is_in_a_reply(bench: EngineHarness) -> None:
    live_through_every_use_of_a_secret(bench)
    right, wrong, changed, key = SECRETS
    heard = "\n".join(line for person in bench.people.values() for line in person.heard())
    assert not [secret for secret in (right, wrong, changed) if secret in heard]
    assert key in heard, "the members of a room may know its key"


def test_the_hash_is_argon2id(bench: EngineHarness) -> None:
    live_through_every_use_of_a_secret(bench)
    with bench.database.engine.connect() as connection:
        hashes = list(connection.execute(text("SELECT password_hash FROM account")).scalars())
    assert len(hashes) == 2
    assert all(found.startswith("$argon2id$") for found in hashes)
