"""The table of slash commands, times in words, completion, waiting."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.client.net.backoff import PING_AFTER_SECONDS, PONG_TIMEOUT_SECONDS, Backoff, Keepalive
from app.client.protocol.times import read_span
from app.client.ui import commands
from app.client.ui.command_registry import COMMANDS, shows_secret
from app.client.ui.completion import candidates, words_of
from app.clock import Clock
from app.errors import UsageError
from tests.client.harness import online
from tests.conftest import MovedClock

NOW = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
OLDER = {"help", "reg", "auth", "unauth", "enter", "quit", "history", "disconn"}
NEWER = {"join", "part", "msg", "me", "nick", "topic", "names", "who", "away", "list", "resend"}


def test_every_promised_command_is_there_with_help() -> None:
    assert commands
    assert set(COMMANDS) >= OLDER | NEWER
    assert all(one.help.endswith(".") for one in COMMANDS.values())


def test_the_grammar_comes_from_the_signature() -> None:
    assert COMMANDS["msg"].usage == "/msg <target> [text…]"
    assert COMMANDS["msg"].read("bob  how are you ") == ["bob", "how are you"]
    assert COMMANDS["resend"].read("3") == [3]
    assert COMMANDS["resend"].read("") == [None]
    with pytest.raises(UsageError, match="Usage: /nick <name>"):
        COMMANDS["nick"].read("a b")


@pytest.mark.parametrize("text", ["/auth anna secret", "/reg secret", "/aut anna secret", "/REG secret"])
def test_what_may_hold_a_password_is_not_kept(text: str) -> None:
    assert shows_secret(text)


@pytest.mark.parametrize("text", ["/auth anna", "/reg", "hello /reg x", "/msg reg x", "regular thing"])
def test_other_things_are_kept(text: str) -> None:
    assert not shows_secret(text)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2h", "2026-11-22T10:00:05", "2026-11-22T12:00:05"),
        ("90 min", "2026-11-22T10:30:05", "2026-11-22T12:00:05"),
        ("yesterday", "2026-11-21T00:00:00", "2026-11-22T12:00:05"),
        ("yesterday 10:00", "2026-11-21T10:00:00", "2026-11-22T12:00:05"),
        ("10:30", "2026-11-22T10:30:00", "2026-11-22T12:00:05"),
        ("2026-11-01 10:00 now", "2026-11-01T10:00:00", "2026-11-22T12:00:05"),
        ("2026-11-01 2026-11-02", "2026-11-01T00:00:00", "2026-11-02T00:00:00"),
        ("2026-11-01 10:00 2026-11-02 12:00", "2026-11-01T10:00:00", "2026-11-02T12:00:00"),
        ("now 2h", "2026-11-22T10:00:05", "2026-11-22T12:00:05"),
        ("3 days ago", "2026-11-19T12:00:05", "2026-11-22T12:00:05"),
        ("1 November 2026", "2026-11-01T00:00:00", "2026-11-22T12:00:05"),
    ],
)
def test_times_in_words(text: str, since: str, until: str) -> None:
    first, second = read_span(text, NOW)
    assert (first.isoformat()[:19], second.isoformat()[:19]) == (since, until)


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(UsageError, match="no time I understand"):
        read_span("whenever it was", NOW)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=20) | st.from_regex(r"\d{1,7} ?[smhdw]", fullmatch=True))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        first, second = read_span(text, NOW)
    except UsageError:
        return
    assert first <= second


def test_completion() -> None:
    bench = online()
    words = words_of(bench.state, "#tea")
    assert list(candidates("/hi", words)) == ["/history "]
    assert list(candidates("B", words)) == ["bob: "]
    assert list(candidates("ask bo", words)) == ["bob "]
    assert list(candidates("/join #t", words)) == ["#tea "]
    assert list(candidates("hello ", words)) == []


def test_commands_the_server_cannot_do_are_not_offered() -> None:
    words = words_of(online(caps="").state, "#tea")
    assert "/history" not in words.commands
    assert "/join" in words.commands


def test_waiting_doubles_up_to_a_minute_and_never_runs_in_step() -> None:
    backoff = Backoff(Clock())
    waits = [backoff.wait() for _ in range(9)]
    for wait, whole in zip(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60], strict=True):
        assert whole / 2 <= wait <= whole
    backoff.reset()
    assert backoff.wait() <= 1


def test_a_silent_server_is_asked_once_and_then_given_up(clock: MovedClock) -> None:
    keepalive = Keepalive(clock)
    assert not keepalive.must_ask()
    clock.instant += int(PING_AFTER_SECONDS * 1000)
    assert [keepalive.must_ask(), keepalive.must_ask()] == [True, False]
    assert not keepalive.is_dead()
    clock.instant += int(PONG_TIMEOUT_SECONDS * 1000)
    assert keepalive.is_dead()
    keepalive.heard()
    assert not keepalive.is_dead()
