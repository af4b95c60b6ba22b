"""SASL PLAIN: AUTHENTICATE (IRCv3 sasl-3.1, RFC 4616)."""

import pytest

from app.services.accounts import administration
from tests.engine.account_clients import PASSWORD, Scram, account, codes, enter, log_in, plain, stranger
from tests.engine.harness import EngineHarness
from tests.story import Story

FAILED = ":irc.example 904 * :Login failed: wrong account or password"


def test_login_works_before_nick_and_user(bench: EngineHarness) -> None:
    account(bench, "Jilles")
    stranger(bench)
    bench.play(
        f"""
        bar > AUTHENTICATE PLAIN
        bar < AUTHENTICATE +
        bar > {plain("jilles")[0]}
        bar < :irc.example 900 * *!*@127.0.0.1 Jilles :You are now logged in as Jilles
        bar < :irc.example 903 * :SASL authentication successful
        bar =
        bar > NICK bar
        bar > USER bar 0 * :Bar
        bar > CAP END
        bar ~ :irc.example 001 bar :*
        """
    )
    assert bench.core.runtime.world.nicks["bar"].account.name == "Jilles"  # type: ignore[index, union-attr]


def test_challenges_have_neither_source_nor_time(bench: EngineHarness) -> None:
    """Older ZNC, HexChat, WeeChat, Pidgin and PircBotX compare the whole line."""
    account(bench, "jilles")
    bar = stranger(bench)
    bar.ask("CAP REQ :server-time message-tags labeled-response batch")
    assert bar.ask("AUTHENTICATE PLAIN") == ["AUTHENTICATE +"]
    bar.ask("AUTHENTICATE *")
    assert bar.ask("@label=x AUTHENTICATE PLAIN") == ["@label=x AUTHENTICATE +"]
    bar.ask("AUTHENTICATE *")
    scram = Scram(bar, "jilles")
    challenge = scram.begin()
    proof = scram.prove(challenge)
    assert [line.split(" ")[0] for line in (*challenge, *proof)] == ["AUTHENTICATE"] * 2


def test_nick_and_user_during_the_exchange_do_not_interrupt_it(bench: EngineHarness) -> None:
    account(bench, "jilles")
    bar = stranger(bench)
    bar.send("AUTHENTICATE plain", "NICK bar", "USER bar 0 * :Bar")
    assert bar.ask(*plain("jilles", asked="jilles")) == [
        ":irc.example 900 bar bar!~bar@127.0.0.1 jilles :You are now logged in as jilles",
        ":irc.example 903 bar :SASL authentication successful",
    ]


@pytest.mark.parametrize(
    ("name", "password", "asked"),
    [
        ("jilles", "wrong", ""),
        ("nobody", PASSWORD, ""),
        ("jilles", PASSWORD, "nobody"),
        ("jilles", "", ""),
        ("", PASSWORD, ""),
        ("jilles", f"{PASSWORD}\0", ""),
    ],
)
def test_a_failed_login_can_be_retried(bench: EngineHarness, name: str, password: str, asked: str) -> None:
    account(bench, "jilles")
    bar = stranger(bench)
    bar.ask("AUTHENTICATE PLAIN")
    assert codes(bar.ask(*plain(name, password, asked))) == ["904"]
    assert codes(log_in(bar, "jilles")) == ["AUTHENTICATE", "900", "903"]


def test_an_unknown_account_is_indistinguishable_from_a_wrong_password(bench: EngineHarness) -> None:
    account(bench, "jilles")
    bar = stranger(bench)
    assert log_in(bar, "jilles", "wrong")[1:] == [FAILED]
    assert log_in(bar, "nobody", "wrong")[1:] == [FAILED]


def test_a_disabled_account_is_indistinguishable_from_a_wrong_password(bench: EngineHarness) -> None:
    account(bench, "jilles")
    disable(bench, "jilles")
    bar = stranger(bench)
    assert log_in(bar, "jilles")[1:] == [FAILED]
    scram = Scram(bar, "jilles")
    assert scram.prove(scram.begin()) == [FAILED]


def test_an_account_disabled_before_the_welcome_is_not_used(bench: EngineHarness) -> None:
    account(bench, "jilles")
    bar = stranger(bench)
    log_in(bar, "jilles")
    disable(bench, "jilles")
    bar.ask("NICK bar", "USER bar 0 * :Bar", "CAP END")
    assert bench.core.runtime.world.nicks["bar"].account is None  # type: ignore[index]


def disable(bench: EngineHarness, name: str) -> None:
    """Disable an account, as `chat-admin user disable` does beside the running server."""
    Story(bench.database, bench.clock).apply(lambda admin: administration.set_disabled(admin, name, True))


@pytest.mark.parametrize(
    "data", ["=", "AAAA=", "not-base64!", "+", "AGZvbw==", "/w==", "é", "AAAé", "ＡＡＡＡ", "AGZvbw²="]
)
def test_malformed_plain_messages_fail(bench: EngineHarness, data: str) -> None:
    bar = stranger(bench)
    bar.ask("AUTHENTICATE PLAIN")
    assert codes(bar.ask(f"AUTHENTICATE {data}")) == ["904"]


def test_an_unknown_mechanism_is_answered_with_the_list(bench: EngineHarness) -> None:
    stranger(bench)
    bench.play(
        """
        bar > AUTHENTICATE FOO
        bar < :irc.example 908 * PLAIN,SCRAM-SHA-256 :are the available SASL mechanisms
        bar ~ :irc.example 904 * :*
        bar > AUTHENTICATE
        bar ~ :irc.example 461 * AUTHENTICATE :*
        bar =
        """
    )


def test_an_asterisk_aborts(bench: EngineHarness) -> None:
    account(bench, "jilles")
    bar = stranger(bench)
    assert codes(bar.ask("AUTHENTICATE *")) == ["906"]
    assert codes(bar.ask("AUTHENTICATE PLAIN", "AUTHENTICATE *")) == ["AUTHENTICATE", "906"]
    assert codes(log_in(bar, "jilles")) == ["AUTHENTICATE", "900", "903"]


@pytest.mark.parametrize("letters", [100, 287, 288, 289, 587, 592, 600])
def test_long_passwords_arrive_in_chunks(bench: EngineHarness, letters: int) -> None:
    password = "x" * letters
    account(bench, "foo", password)
    assert codes(log_in(stranger(bench), "foo", password))[-2:] == ["900", "903"]


def test_a_message_of_exactly_800_characters_needs_an_empty_chunk(bench: EngineHarness) -> None:
    password = "x" * 592
    account(bench, "foo", password)
    lines = plain("foo", password, "foo")
    assert [len(line) for line in lines] == [413, 413, 14]
    bar = stranger(bench)
    bar.ask("AUTHENTICATE PLAIN")
    assert bar.ask(*lines[:-1]) == []
    assert codes(bar.ask(lines[-1])) == ["900", "903"]


def test_a_password_may_be_in_any_script(bench: EngineHarness) -> None:
    password = "пароль密码é" * 10
    account(bench, "foo", password)
    assert codes(log_in(stranger(bench), "foo", password))[-2:] == ["900", "903"]
    scram = Scram(stranger(bench, "baz"), "foo", password)
    assert codes(scram.consent(scram.prove(scram.begin()))) == ["900", "903"]


def test_an_oversized_chunk_ends_the_exchange(bench: EngineHarness) -> None:
    bar = stranger(bench)
    bar.ask("AUTHENTICATE PLAIN")
    assert codes(bar.ask(f"AUTHENTICATE {'A' * 401}")) == ["905"]
    assert codes(bar.ask("AUTHENTICATE PLAIN")) == ["AUTHENTICATE"]


def test_the_total_length_of_chunks_is_limited(bench: EngineHarness) -> None:
    bar = stranger(bench)
    bar.ask("AUTHENTICATE PLAIN")
    answers = codes(bar.ask(*[f"AUTHENTICATE {'A' * 400}"] * 1000))
    assert set(answers) == {"904"}
    assert len(answers) == 990
    assert codes(bar.ask("AUTHENTICATE PLAIN")) == ["AUTHENTICATE"]


def test_cap_end_during_the_exchange_aborts_it(bench: EngineHarness) -> None:
    bar = stranger(bench)
    bar.send("NICK bar", "USER bar 0 * :Bar", "AUTHENTICATE PLAIN")
    assert codes(bar.ask("CAP END"))[:2] == ["906", "001"]


def test_completing_registration_aborts_the_exchange(bench: EngineHarness) -> None:
    bench.dial("bar")
    bar = bench.people["bar"]
    assert codes(bar.ask("AUTHENTICATE PLAIN", "NICK bar", "USER bar 0 * :Bar"))[:3] == [
        "AUTHENTICATE",
        "906",
        "001",
    ]


def test_a_second_login_replaces_the_first(bench: EngineHarness) -> None:
    account(bench, "jilles")
    account(bench, "foo")
    bench.connect("bar", "sasl")
    bar = bench.people["bar"]
    assert codes(log_in(bar, "jilles")) == ["AUTHENTICATE", "900", "903"]
    assert log_in(bar, "foo")[1:] == [
        ":irc.example 900 bar bar!~bar@127.0.0.1 foo :You are now logged in as foo",
        ":irc.example 903 bar :SASL authentication successful",
    ]
    assert codes(log_in(bar, "foo", "wrong")) == ["AUTHENTICATE", "904"]
    assert bench.core.runtime.world.nicks["bar"].account.name == "foo"  # type: ignore[index, union-attr]


def test_a_login_is_announced_to_clients_with_account_notify(bench: EngineHarness) -> None:
    account(bench, "Jilles")
    bench.connect("alice", "account-notify")
    bench.connect("carol")
    bench.connect("bar", "account-notify")
    bench.connect("dave", "account-notify")
    for name in ("alice", "carol", "bar"):
        bench.people[name].send("JOIN #tea")
    for name in ("alice", "carol", "bar"):
        bench.people[name].heard()
    bench.play(
        f"""
        bar > AUTHENTICATE PLAIN
        bar < AUTHENTICATE +
        bar > {plain("jilles")[0]}
        bar ~ :irc.example 900 bar *
        bar ~ :irc.example 903 bar *
        bar < :bar!~bar@127.0.0.1 ACCOUNT Jilles
        bar =
        alice < :bar!~bar@127.0.0.1 ACCOUNT Jilles
        alice =
        carol =
        dave =
        """
    )
    log_in(bench.people["bar"], "jilles")
    bench.play("alice =")


def test_a_login_restores_stored_roles(bench: EngineHarness) -> None:
    account(bench, "alice")
    alice = enter(bench, "alice", "alice")
    alice.send("JOIN #tea")
    bench.connect("bob")
    bench.people["bob"].send("JOIN #tea")
    alice.send("QUIT")
    bench.connect("al").send("JOIN #tea")
    bench.play("bob .")
    log_in(bench.people["al"], "alice")
    bench.play(
        """
        bob < :irc.example MODE #tea +o al
        bob =
        al > MODE #tea +m
        al < :al!~al@127.0.0.1 MODE #tea +m
        """
    )


def test_all_devices_of_a_session_share_one_account(bench: EngineHarness) -> None:
    account(bench, "alice")
    account(bench, "other")
    enter(bench, "alice", "alice")
    first = bench.people["alice"]
    second = enter(bench, "alice", "alice")
    log_in(second, "other")
    assert first.client.account == second.client.account == "other"


def test_a_labelled_login_gets_one_labelled_response(bench: EngineHarness) -> None:
    account(bench, "jilles")
    bar = bench.connect("bar", "sasl", "labeled-response", "batch", "account-notify")
    bar.ask("AUTHENTICATE PLAIN")
    first, *middle, last = bar.ask(f"@label=x {plain('jilles')[0]}")
    opened = first.removeprefix("@label=x :irc.example BATCH +").removesuffix(" labeled-response")
    assert [line.split(" ")[0] for line in middle] == [f"@batch={opened}"] * 3
    assert [line.split(" ")[2] for line in middle] == ["900", "903", "ACCOUNT"]
    assert last == f":irc.example BATCH -{opened}"
