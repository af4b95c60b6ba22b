"""SASL SCRAM-SHA-256 (RFC 5802, RFC 7677)."""

import pytest

from tests.engine.account_clients import Scram, account, authenticate_lines, codes, log_in, message, stranger
from tests.engine.harness import EngineHarness

FAILED = ":irc.example 904 * :Login failed: wrong account or password"


def test_scram_proves_the_password_without_showing_it(bench: EngineHarness) -> None:
    account(bench, "Jilles")
    bar = stranger(bench)
    scram = Scram(bar, "jilles")
    challenge = scram.begin()
    assert message(challenge).endswith(",i=4096")
    proof = scram.prove(challenge)
    assert codes(proof) == ["AUTHENTICATE"]
    assert bar.client.account is None
    assert codes(scram.consent(proof)) == ["900", "903"]
    assert bar.client.account == "Jilles"


def test_scram_with_a_wrong_password_fails_at_once(bench: EngineHarness) -> None:
    account(bench, "jilles")
    bar = stranger(bench)
    scram = Scram(bar, "jilles", "wrong")
    assert scram.prove(scram.begin()) == [FAILED]
    assert codes(log_in(bar, "jilles")) == ["AUTHENTICATE", "900", "903"]


def test_scram_does_not_reveal_whether_an_account_exists(bench: EngineHarness) -> None:
    bar = stranger(bench)
    salts = set()
    for _ in range(2):
        scram = Scram(bar, "nobody")
        challenge = scram.begin()
        salts.add(message(challenge).split(",")[1])
        assert scram.prove(challenge) == [FAILED]
    assert len(salts) == 1


@pytest.mark.parametrize(
    "first", ["", "n,,", "n,,n=jilles", "p=tls-unique,,n=jilles,r=abc", "n,a=x,n=jilles,r=a"]
)
def test_malformed_scram_messages_fail(bench: EngineHarness, first: str) -> None:
    account(bench, "jilles")
    bar = stranger(bench)
    bar.ask("AUTHENTICATE SCRAM-SHA-256")
    assert codes(bar.ask(*authenticate_lines(first.encode()))) == ["904"]
    assert codes(bar.ask("AUTHENTICATE PLAIN")) == ["AUTHENTICATE"]


def test_long_server_messages_are_sent_in_chunks(bench: EngineHarness) -> None:
    account(bench, "jilles")
    bar = stranger(bench)
    bar.ask("AUTHENTICATE SCRAM-SHA-256")
    answer = bar.ask(*authenticate_lines(f"n,,n=jilles,r={'r' * 500}".encode()))
    assert {len(line) for line in answer[:-1]} == {len("AUTHENTICATE ") + 400}
    assert message(answer).startswith("r=" + "r" * 500)


def test_scram_completes_only_after_the_client_acknowledges(bench: EngineHarness) -> None:
    account(bench, "jilles")
    bar = stranger(bench)
    scram = Scram(bar, "jilles")
    scram.prove(scram.begin())
    assert codes(bar.ask(*authenticate_lines(b"more"))) == ["904"]
    assert bar.client.account is None
