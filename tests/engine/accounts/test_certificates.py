"""Client certificates: SASL EXTERNAL (RFC 4422, appendix A) and NickServ CERT."""

from app.services.accounts.administration import set_disabled
from app.wire.line import parse
from tests.engine.account_clients import account, authenticate_lines, codes, enter, stranger
from tests.engine.accounts.test_new_password import reset
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.pseudoclients.test_service_context import tell
from tests.engine.scenes import people
from tests.story import Story

MINE = "a1" * 32
OTHER = "b2" * 32


def showing(person: HarnessClient, fingerprint: str | None = MINE) -> HarnessClient:
    """Set the client certificate, as TLS does before the first line."""
    person.client.certificate = fingerprint
    return person


def known(bench: EngineHarness, name: str = "anna") -> None:
    """Create an account with a certificate."""
    account(bench, name)
    person = showing(enter(bench, name, name))
    assert "can now log in" in person.ask("NS CERT ADD")[0]
    person.send("QUIT")


def external(person: HarnessClient, asked: str = "") -> list[str]:
    """Log in with EXTERNAL and return the replies."""
    return person.ask("AUTHENTICATE EXTERNAL", *authenticate_lines(asked.encode()))


def test_a_certificate_logs_in_and_survives_a_restart(bench: EngineHarness) -> None:
    known(bench)
    assert codes(external(showing(stranger(bench)))) == ["AUTHENTICATE", "900", "903"]
    bench.restart()
    assert codes(external(showing(stranger(bench)), "Anna")) == ["AUTHENTICATE", "900", "903"]


def test_unknown_or_missing_certificates_do_not_log_in(bench: EngineHarness) -> None:
    known(bench)
    account(bench, "bob")
    for fingerprint, asked in ((OTHER, ""), (MINE, "bob"), (MINE, "nobody"), (None, ""), (None, "anna")):
        assert codes(external(showing(stranger(bench), fingerprint), asked)) == ["AUTHENTICATE", "904"]


def offered(person: HarnessClient) -> list[str]:
    """Return the advertised capabilities with their values."""
    return [word for line in person.ask("CAP LS 302") for word in parse(line).params[-1].split(" ")]


def test_external_is_offered_only_to_clients_with_a_certificate(bench: EngineHarness) -> None:
    person = bench.dial("x")
    assert "sasl=PLAIN,SCRAM-SHA-256" in offered(person)
    assert person.ask("AUTHENTICATE WRONG")[0] == (
        ":irc.example 908 * PLAIN,SCRAM-SHA-256 :are the available SASL mechanisms"
    )
    showing(person)
    assert "sasl=PLAIN,SCRAM-SHA-256,EXTERNAL" in offered(person)
    assert "SCRAM-SHA-256,EXTERNAL" in person.ask("AUTHENTICATE WRONG")[0]


def test_an_external_login_can_be_aborted(bench: EngineHarness) -> None:
    known(bench)
    person = showing(stranger(bench))
    assert codes(person.ask("AUTHENTICATE EXTERNAL", "AUTHENTICATE *")) == ["AUTHENTICATE", "906"]
    assert person.client.account is None


def test_certificates_can_be_added_listed_and_removed(bench: EngineHarness) -> None:
    account(bench, "anna")
    enter(bench, "anna", "anna")
    colons = ":".join(OTHER[place : place + 2] for place in range(0, 64, 2)).upper()
    assert tell(bench, "anna", "CERT LIST") == ["anna has no certificates"]
    assert "has no client certificate" in tell(bench, "anna", "CERT ADD")[0]
    assert "64 hexadecimal digits" in tell(bench, "anna", "CERT ADD xyz")[0]
    assert OTHER in tell(bench, "anna", f"CERT ADD {colons}")[0]
    assert tell(bench, "anna", f"CERT ADD {OTHER}") == ["This certificate is already in use"]
    assert tell(bench, "anna", "CERT LIST") == [OTHER]
    assert codes(external(showing(stranger(bench), OTHER))) == ["AUTHENTICATE", "900", "903"]
    assert "can no longer log in to anna" in tell(bench, "anna", f"CERT DEL {OTHER}")[0]
    assert "does not have this certificate" in tell(bench, "anna", f"CERT DEL {OTHER}")[0]
    assert codes(external(showing(stranger(bench), OTHER))) == ["AUTHENTICATE", "904"]
    people(bench, "bob")
    assert tell(bench, "bob", "CERT LIST") == ["Log in first with IDENTIFY"]
    assert tell(bench, "bob", "CERT")[0].startswith("Use one of CERT ADD, CERT DEL, CERT LIST;")


def test_a_certificate_has_one_account_and_an_account_at_most_ten(bench: EngineHarness) -> None:
    known(bench)
    account(bench, "bob")
    enter(bench, "bob", "bob")
    assert tell(bench, "bob", f"CERT ADD {MINE}") == ["This certificate is already in use"]
    assert "does not have this certificate" in tell(bench, "bob", f"CERT DEL {MINE}")[0]
    for number in range(10):
        tell(bench, "bob", f"CERT ADD {number:064x}")
    assert tell(bench, "bob", f"CERT ADD {OTHER}") == [
        "Your account has the maximum of 10 certificates; delete one first"
    ]


def test_a_disabled_account_rejects_certificates_and_a_reset_removes_them(bench: EngineHarness) -> None:
    """Whoever knew the old password may have added a certificate."""
    known(bench)
    story = Story(bench.database, bench.clock)
    story.apply(lambda admin: set_disabled(admin, "anna", True))
    assert codes(external(showing(stranger(bench)))) == ["AUTHENTICATE", "904"]
    story.apply(lambda admin: set_disabled(admin, "anna", False))
    assert codes(external(showing(stranger(bench)))) == ["AUTHENTICATE", "900", "903"]
    reset(bench)
    assert codes(external(showing(stranger(bench)))) == ["AUTHENTICATE", "904"]
    bench.restart()
    assert codes(external(showing(stranger(bench)))) == ["AUTHENTICATE", "904"]


def test_whois_shows_a_certificate_to_its_owner_and_administrators(bench: EngineHarness) -> None:
    account(bench, "root", role="admin")
    account(bench, "anna")
    anna, bob = enter(bench, "anna", "anna", certificate=MINE), bench.connect("bob")
    root = enter(bench, "root", "root")
    line = f"anna :has client certificate fingerprint {MINE}"
    assert f":irc.example 276 anna {line}" in anna.ask("WHOIS anna")
    assert f":irc.example 276 root {line}" in root.ask("WHOIS anna")
    assert "276" not in codes(bob.ask("WHOIS anna"))
