"""Registration by invitation code."""

import pytest
from sqlalchemy import text

from app.services.accounts.codes import new_code
from app.services.accounts.invitations import CODE_LENGTH, create_invitation, revoke_invitation
from tests.conftest import MovedClock
from tests.engine.account_clients import begin, codes, finish, work
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness
from tests.engine.pseudoclients.test_service_context import tell
from tests.engine.scenes import people
from tests.story import Story


@pytest.fixture
def bench(make_bench: MakeBench) -> EngineHarness:
    """A server that requires invitations."""
    return make_bench(registration="invitation", ping_interval=7200)


def invite(bench: EngineHarness, uses: int = 1, expires: int | None = None) -> str:
    """Create a code, as `chat-admin invite create` does beside the running server."""
    code = new_code(bench.clock, CODE_LENGTH)
    Story(bench.database, bench.clock).apply(lambda admin: create_invitation(admin, code, uses, expires))
    return code


def refusal(bench: EngineHarness, nick: str, code: str) -> str:
    """Try to register and return the refusal."""
    (line,) = bench.people[nick].ask(f"REGISTER * {code} secret")
    start = f":irc.example FAIL REGISTER INVALID_INVITATION {nick} :"
    assert line.startswith(start)
    return line.removeprefix(start)


def test_a_valid_code_allows_registration(bench: EngineHarness) -> None:
    code = invite(bench)
    people(bench, "anna")
    bench.play(
        f"""
        anna > REGISTER * {code.upper()} secret
        anna < :irc.example REGISTER SUCCESS anna :Account anna registered
        anna ~ :irc.example 900 *
        anna =
        """
    )
    bench.connect("bob")
    assert refusal(bench, "bob", code) == "This invitation code has been used up"


def test_registration_without_a_code_is_refused(bench: EngineHarness) -> None:
    anna = bench.connect("anna")
    (listed,) = [line for line in anna.ask("CAP LS 302") if "account-registration" in line]
    assert "draft/account-registration=before-connect,invitation-required " in listed
    assert " FAIL REGISTER INVITATION_REQUIRED anna :" in anna.ask("REGISTER * * secret")[0]
    assert refusal(bench, "anna", "anna@example.org") == "Unknown invitation code"


def test_a_code_has_limited_uses_and_an_expiry(bench: EngineHarness, clock: MovedClock) -> None:
    code = invite(bench, uses=2, expires=clock.instant + 60_000)
    one, two, three = people(bench, "one", "two", "three")
    assert "SUCCESS" in one.ask(f"REGISTER * {code} secret")[0]
    clock.instant += 60_000
    assert refusal(bench, "two", code) == "This invitation code expired at 2026-11-18 11:07:40 UTC"
    clock.instant -= 1
    assert "SUCCESS" in two.ask(f"REGISTER * {code} secret")[0]
    assert "used up" in three.ask(f"REGISTER * {code} secret")[0]


def test_a_revoked_code_is_refused(bench: EngineHarness) -> None:
    code = invite(bench, uses=5)
    people(bench, "anna")
    Story(bench.database, bench.clock).apply(lambda admin: revoke_invitation(admin, code[:6]))
    assert refusal(bench, "anna", code) == "Unknown invitation code"


def test_the_use_count_survives_a_restart(bench: EngineHarness) -> None:
    code = invite(bench, uses=2)
    for nick in ("one", "two"):
        bench.restart()
        assert "SUCCESS" in bench.connect(nick).ask(f"REGISTER * {code} secret")[0]
    bench.restart()
    bench.connect("three")
    assert refusal(bench, "three", code) == "This invitation code has been used up"


def test_the_last_use_goes_to_the_first_of_two_concurrent_registrations(bench: EngineHarness) -> None:
    """Both codes are valid during hashing; both registrations end in one changeset."""
    code = invite(bench)
    one, two = people(bench, "one", "two")
    waiting = [(person, begin(person, f"REGISTER * {code} secret")) for person in (one, two)]
    units = [unit.make_continuation(work(person, unit)) for person, unit in waiting]
    bench.core.engine.cycle(units)
    assert "REGISTER SUCCESS one" in one.heard()[0]
    assert "INVALID_INVITATION two :This invitation code has been used up" in two.heard()[0]


def test_a_code_revoked_during_registration_is_refused(bench: EngineHarness) -> None:
    code = invite(bench)
    (anna,) = people(bench, "anna")
    unit = begin(anna, f"REGISTER * {code} secret")
    Story(bench.database, bench.clock).apply(lambda admin: revoke_invitation(admin, code))
    assert codes(finish(anna, unit)) == ["FAIL"]


def test_nickserv_accepts_a_code_after_the_password(bench: EngineHarness) -> None:
    code = invite(bench)
    anna = bench.connect("anna")
    assert "NickServ REGISTER <password> <code>" in tell(bench, "anna", "REGISTER secret")[0]
    assert "Account anna registered" in anna.ask(f"PRIVMSG NickServ :REGISTER secret {code}")[0]


def test_with_open_registration_the_code_field_is_ignored(make_bench: MakeBench) -> None:
    bench = make_bench()
    anna = bench.connect("anna")
    assert "SUCCESS" in anna.ask("REGISTER * something secret")[0]


def test_the_code_is_stored_only_as_a_digest(bench: EngineHarness) -> None:
    code = invite(bench)
    people(bench, "anna")[0].ask(f"REGISTER * {code} secret")
    with bench.database.engine.connect() as connection:
        for table in ("event", "audit", "invitation"):
            rows = connection.execute(text(f"SELECT * FROM {table}")).all()  # noqa: S608
            assert rows
            assert code not in str(rows)
