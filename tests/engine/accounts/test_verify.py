"""Registration verified by a mailed code: VERIFY (IRCv3 draft/account-registration)."""

import os
import re
import sys
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from sqlalchemy import text

from app.services.accounts import mail
from app.services.accounts.applications import (
    LIFETIME_MILLISECONDS,
    list_applications,
    verify_application,
)
from tests.conftest import MovedClock
from tests.engine.account_clients import codes, log_in
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness
from tests.engine.pseudoclients.test_service_context import tell
from tests.engine.scenes import people, user
from tests.story import Story

TAKES_MAIL = """
import os, pathlib, sys
folder = pathlib.Path(sys.argv[1])
assert "CHAT_PASSWORD" not in os.environ
(folder / f"{len(list(folder.iterdir()))}.eml").write_bytes(sys.stdin.buffer.read())
sys.exit(int(sys.argv[2]))
"""
ADDRESS = "anna@example.org"
MakeMailing = Callable[..., EngineHarness]


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    """The directory that receives mail."""
    folder = tmp_path / "mails"
    folder.mkdir()
    return folder


@pytest.fixture
def mailing(
    make_bench: MakeBench, mails: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> MakeMailing:
    """Servers that send mail through a real program."""
    program = tmp_path / "takes_mail.py"
    program.write_text(TAKES_MAIL)
    monkeypatch.setenv("CHAT_PASSWORD", "letmein")

    def make(ends_with: int = 0, **settings: object) -> EngineHarness:
        mailer = f"{sys.executable} {program} '{mails}' {ends_with}"
        return make_bench(mailer=mailer, mail_from="chat@example.org", ping_interval=86_400, **settings)

    return make


@pytest.fixture
def bench(mailing: MakeMailing) -> EngineHarness:
    """A server that sends mail."""
    return mailing()


def letter(mails: Path, number: int = 0) -> Message:
    """Return the sent mail."""
    return message_from_bytes((mails / f"{number}.eml").read_bytes())


def code_in(mails: Path, number: int = 0) -> str:
    """Return the code in a mail."""
    found = re.search(r"/verify (\w+)", letter(mails, number).get_payload())
    assert found is not None
    return found[1]


def test_the_mailed_code_completes_the_registration(bench: EngineHarness, mails: Path) -> None:
    people(bench, "anna")
    bench.play(
        f"""
        anna > REGISTER * {ADDRESS} secret
        anna ~ :irc.example REGISTER VERIFICATION_REQUIRED anna :*
        anna =
        """
    )
    mail = letter(mails)
    assert (mail["From"], mail["To"]) == ("chat@example.org", ADDRESS)
    assert mail["Subject"] == "Your code for irc.example"
    assert bench.core.runtime.world.find_account("anna") is None
    assert codes(log_in(bench.dial("x"), "anna", "secret")) == ["AUTHENTICATE", "904"]
    bench.play(
        f"""
        anna > VERIFY ANNA {code_in(mails).upper()}
        anna < :irc.example VERIFY SUCCESS anna :Account anna registered
        anna < :irc.example 900 anna anna!~anna@127.0.0.1 anna :You are now logged in as anna
        anna =
        """
    )
    bench.restart()
    assert codes(log_in(bench.dial("x"), "anna", "secret"))[1:] == ["900", "903"]


def test_the_capability_advertises_email_required(bench: EngineHarness) -> None:
    anna = bench.connect("anna")
    (listed,) = [line for line in anna.ask("CAP LS 302") if "account-registration" in line]
    assert "draft/account-registration=before-connect,email-required " in listed


@pytest.mark.parametrize(
    "address", ["*", "anna", "anna@", "@example.org", "a@b@c", "-t@exa_mple.org", "a" * 250 + "@x.org"]
)
def test_invalid_email_addresses_are_refused(bench: EngineHarness, mails: Path, address: str) -> None:
    anna = bench.connect("anna")
    (refusal,) = anna.ask(f"REGISTER * {address} secret")
    assert refusal.startswith(":irc.example FAIL REGISTER INVALID_EMAIL anna :")
    assert list(mails.iterdir()) == []


def test_an_address_cannot_inject_mail_headers(bench: EngineHarness, mails: Path) -> None:
    anna = bench.connect("anna")
    for address in (
        "a@x.org,b@x.org",
        "a@x.org\tb@x.org",
        "a@x.org>",
        "-oQ/tmp@x.org",
        "|sh@x.org",
        "/tmp/x@x.org",
    ):
        assert " INVALID_EMAIL " in anna.ask(f"REGISTER * {address} secret")[0]
    assert list(mails.iterdir()) == []


def test_a_wrong_code_counts_like_a_wrong_password(mailing: MakeMailing, mails: Path) -> None:
    bench = mailing(login_attempts=2)
    anna = bench.connect("anna")
    anna.ask(f"REGISTER * {ADDRESS} secret")
    for _ in range(2):
        assert " FAIL VERIFY INVALID_CODE anna :" in anna.ask("VERIFY anna wrong")[0]
    assert " FAIL VERIFY TEMPORARILY_UNAVAILABLE anna :" in anna.ask(f"VERIFY anna {code_in(mails)}")[0]


def test_a_code_is_valid_for_one_day_and_one_name(
    bench: EngineHarness, mails: Path, clock: MovedClock
) -> None:
    anna, bob = bench.connect("anna"), bench.connect("bob")
    anna.ask(f"REGISTER * {ADDRESS} secret")
    bob.ask("REGISTER * bob@example.org secret")
    assert " INVALID_CODE bob :" in bob.ask(f"VERIFY bob {code_in(mails)}")[0]
    clock.instant += LIFETIME_MILLISECONDS - 1
    assert " SUCCESS anna :" in anna.ask(f"VERIFY anna {code_in(mails)}")[0]
    clock.instant += 1
    assert " INVALID_CODE bob :" in bob.ask(f"VERIFY bob {code_in(mails, 1)}")[0]


def test_repeated_registration_resends_a_limited_number_of_codes(
    bench: EngineHarness, mails: Path, clock: MovedClock
) -> None:
    anna = bench.connect("anna")
    for _ in range(3):
        assert "VERIFICATION_REQUIRED" in anna.ask(f"REGISTER * {ADDRESS} secret")[0]
    assert " UNACCEPTABLE_EMAIL anna :" in anna.ask("REGISTER * ANNA@example.org secret")[0]
    assert len(list(mails.iterdir())) == 3
    clock.instant += 3_600_000
    assert "VERIFICATION_REQUIRED" in anna.ask(f"REGISTER * {ADDRESS} secret")[0]
    assert " SUCCESS " in anna.ask(f"VERIFY anna {code_in(mails, 1)}")[0]


def test_an_unverified_application_does_not_reserve_the_name(bench: EngineHarness, mails: Path) -> None:
    """The first valid code gets the account; a user holding the nick meanwhile loses it."""
    squatter = bench.connect("anna")
    squatter.ask("REGISTER * mallory@example.org secret", "NICK other")
    anna = bench.connect("anna")
    anna.ask(f"REGISTER * {ADDRESS} better")
    anna.ask("NICK elsewhere")
    squatter.ask("NICK anna")
    heard = anna.ask(f"VERIFY anna {code_in(mails, 1)}")
    assert " VERIFY SUCCESS anna " in heard[0]
    assert [line for line in squatter.heard() if " NICK :Guest" in line]
    assert " INVALID_CODE " in squatter.ask(f"VERIFY anna {code_in(mails)}")[0]


def test_invalid_verifications_are_refused(mailing: MakeMailing, mails: Path) -> None:
    bench = mailing(password="letmein")
    person = bench.dial("x")
    assert person.ask("VERIFY anna code")[0].startswith(
        ":irc.example FAIL VERIFY COMPLETE_CONNECTION_REQUIRED anna :"
    )
    person.ask("PASS letmein", "NICK anna", "USER a 0 * :a", f"REGISTER * {ADDRESS} secret")
    assert " SUCCESS " in person.ask(f"VERIFY anna {code_in(mails)}")[0]
    assert " FAIL VERIFY ALREADY_AUTHENTICATED anna :" in person.ask("VERIFY anna code")[0]


def test_a_failing_mailer_is_reported_and_nothing_is_stored(
    mailing: MakeMailing, caplog: pytest.LogCaptureFixture
) -> None:
    bench = mailing(ends_with=75)
    anna = bench.connect("anna")
    assert " FAIL REGISTER TEMPORARILY_UNAVAILABLE anna :" in anna.ask(f"REGISTER * {ADDRESS} secret")[0]
    with bench.database.reading() as session:
        assert list_applications(session, 0) == []
    assert "The mailer exited with status 75" in caplog.text
    assert ADDRESS not in caplog.text


def test_a_mailer_that_hangs_is_killed_with_all_its_processes(
    make_bench: MakeBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The child inherits the pipe, and its end closes it: the read waits for both."""
    monkeypatch.setattr(mail, "SEND_TIMEOUT_SECONDS", 1)
    fifo = tmp_path / "held"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    bench = make_bench(
        mailer=f"/bin/sh -c 'exec 3>{fifo}; echo up >&3; sleep 600 & sleep 600'", mail_from="chat@example.org"
    )
    anna = bench.connect("anna")
    assert " FAIL REGISTER TEMPORARILY_UNAVAILABLE anna :" in anna.ask(f"REGISTER * {ADDRESS} secret")[0]
    assert "The mailer took longer than 1 seconds" in caplog.text
    os.set_blocking(reader, True)
    with os.fdopen(reader, "rb") as held:
        assert held.read() == b"up\n", "which ends when no process holds the other end"


@pytest.mark.parametrize(
    "start", ["=?utf-8?b?DQpCY2M6IGI=?=", "x=?utf-8?b?DQpCY2M6IGI=?=", "x=?utf-8?q?=2Cb?=", "a=0d=0aBcc=3ab"]
)
def test_no_encoded_word_reaches_the_headers(bench: EngineHarness, mails: Path, start: str) -> None:
    anna = bench.connect("anna")
    anna.ask(f"REGISTER * {start}@x.org secret")
    for path in mails.iterdir():
        mail_sent = message_from_bytes(path.read_bytes())
        assert mail_sent.get_all("To") == [f"{start}@x.org"]
        assert "Bcc" not in mail_sent


def test_an_administrator_can_verify_an_account(bench: EngineHarness) -> None:
    anna = bench.connect("anna")
    anna.ask(f"REGISTER * {ADDRESS} secret")
    Story(bench.database, bench.clock).apply(lambda admin: verify_application(admin, "anna"))
    assert codes(log_in(bench.dial("x"), "anna", "secret"))[1:] == ["900", "903"]
    assert [line for line in anna.heard() if " NICK :Guest" in line], "who proves it by the password"


def test_an_invitation_code_replaces_the_email_address(mailing: MakeMailing) -> None:
    bench = mailing(registration="invitation")
    anna = bench.connect("anna")
    assert "email-required" not in anna.ask("CAP LS 302")[0]
    assert " INVITATION_REQUIRED " in anna.ask("REGISTER * * secret")[0]


def test_nickserv_registers_and_verifies_too(bench: EngineHarness, mails: Path) -> None:
    bench.connect("anna")
    assert "An e-mail address is required" in tell(bench, "anna", "REGISTER secret")[0]
    assert tell(bench, "anna", f"REGISTER secret {ADDRESS}")[0].startswith("A code was mailed")
    assert tell(bench, "anna", "VERIFY wrong")[0].startswith("The code is wrong")
    heard = bench.people["anna"].ask(f"PRIVMSG NickServ :VERIFY {code_in(mails)}")
    assert codes(heard) == ["NOTICE", "900"]
    assert user(bench, "anna").account is not None


def test_address_and_code_appear_in_no_other_row(bench: EngineHarness, mails: Path) -> None:
    anna = bench.connect("anna")
    anna.ask(f"REGISTER * {ADDRESS} secret")
    code = code_in(mails)
    anna.ask(f"VERIFY anna {code}")
    with bench.database.engine.connect() as connection:
        assert connection.scalar(text("SELECT email FROM account")) == ADDRESS
        assert connection.scalar(text("SELECT count(*) FROM application")) == 0
        rows = str([connection.execute(text(f"SELECT * FROM {table}")).all() for table in ("event", "audit")])  # noqa: S608
    assert ADDRESS not in rows
    assert code not in rows
