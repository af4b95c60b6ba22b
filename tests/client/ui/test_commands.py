"""Slash commands, completion, backoff and keepalive."""

import pytest

from app.client.net.backoff import PING_AFTER_SECONDS, PONG_TIMEOUT_SECONDS, Backoff, Keepalive
from app.client.ui.commands.table import legacy_slash_commands, slash_commands
from app.client.ui.completion.candidates import completion_words, find_candidates
from app.client.ui.secrets import input_has_secret, is_unslashed_command
from app.clock import Clock
from app.commands.table import build_command_table
from app.errors import UsageError
from app.wire.secrets import message_has_secret
from tests.client.harness import online_client
from tests.conftest import MovedClock

SLASH_COMMANDS = slash_commands()
COMMANDS = {command.name: command for command in SLASH_COMMANDS}
REQUIRED = set(
    "help reg auth unauth enter quit history disconn join part msg me nick topic names who away list resend"
    " leave query close ignore unignore mode kick op deop voice devoice ban unban invite quote exit"
    " j w q k m n t h raw bye login logout register notice whois search".split()
)


def test_required_commands_exist_and_have_help() -> None:
    assert [name for name in REQUIRED if SLASH_COMMANDS.find(name) is None] == []
    assert all(command.summary.endswith(".") for command in SLASH_COMMANDS)


def test_usage_and_parsing_follow_the_signature() -> None:
    assert COMMANDS["msg"].usage == "/msg TARGET [TEXT ...]"
    assert COMMANDS["msg"].parse("bob  how are you ") == ["bob", "how are you"]
    assert COMMANDS["resend"].parse("3") == [3]
    assert COMMANDS["resend"].parse("") == [None]
    with pytest.raises(UsageError, match="Usage: /nick NICK"):
        COMMANDS["nick"].parse("a b")


@pytest.mark.parametrize(
    "text",
    [
        "/auth anna secret",
        "/reg secret",
        "/aut anna secret",
        "/REG secret",
        "/msg NickServ IDENTIFY anna secret",
        " /msg nickserv identify secret",
        "/m NickServ REGISTER secret",
        "/msg NickServ@services.example IDENTFY secret",
        "/msg NickServ SET PASSWORD old new",
        "/msg ChanServ identify #tea secret",
        "/mgs NickServ IDENTIFY secret",
        "/query NickServ IDENTIFY secret",
        "/notice NickServ IDENTIFY secret",
        "/nickserv identify secret",
        "/ns identify secret",
        "/quote PASS secret",
        "/quote :x PASS secret",
        "/raw OPER root secret",
        "/quote authenticate c2VjcmV0",
        "/quote PRIVMSG NickServ :IDENTIFY secret",
        "/oper root secret",
        "/pass secret",
        "/verify 123456",
        "/join #tea secret",
        "/mode +k secret",
        "/mode #tea +mk secret",
    ],
)
def test_input_with_a_secret_is_detected(text: str) -> None:
    assert input_has_secret(text, "#tea", SLASH_COMMANDS)


def test_message_in_a_conversation_with_a_service_may_be_secret() -> None:
    assert input_has_secret("IDENTIFY secret", "NickServ", SLASH_COMMANDS)
    assert not input_has_secret("HELP IDENTIFY", "NickServ", SLASH_COMMANDS)


@pytest.mark.parametrize(
    "text",
    [
        "/auth anna",
        "/reg",
        "hello /reg x",
        "/msg reg x",
        "regular thing",
        "/msg NickServ HELP IDENTIFY",
        "/msg NickServ SET ALWAYS-ON on",
        "/msg HistServ LAST #tea",
        "/msg bob identify yourself",
        "/join #tea",
        "/mode +o bob",
        "/quote NAMES #tea",
        "/quote",
    ],
)
def test_input_without_a_secret_is_not_suspected(text: str) -> None:
    assert not input_has_secret(text, "#tea", SLASH_COMMANDS)


def test_secrets_that_nickserv_takes_are_recognised() -> None:
    nickserv = build_command_table().by_verb["NICKSERV"].subcommands
    names = [name for name, entry in nickserv.items() if entry.has_secrets and not entry.subcommands]
    assert "IDENTIFY" in names
    assert [name for name in names if not message_has_secret("NickServ", f"{name} secret")] == []


@pytest.mark.parametrize("text", ["msg NickServ IDENTIFY secret", "nickserv identify secret", "ns ghost a b"])
def test_command_with_a_secret_and_no_slash_is_neither_sent_nor_kept(text: str) -> None:
    assert is_unslashed_command(text, SLASH_COMMANDS)
    assert input_has_secret(text, "#tea", SLASH_COMMANDS)


@pytest.mark.parametrize("text", ["identify the problem", "login works", "msg bob identify it", "ns is down"])
def test_ordinary_sentence_is_a_message(text: str) -> None:
    assert not is_unslashed_command(text, SLASH_COMMANDS)
    assert not input_has_secret(text, "#tea", SLASH_COMMANDS)


def test_misspelled_command_is_answered_with_the_nearest_one() -> None:
    for typed, meant in {"exti": "exit", "lsit": "list", "qery": "query", "unbna": "unban"}.items():
        with pytest.raises(UsageError, match=f"Unknown command /{typed}. Did you mean /{meant}"):
            SLASH_COMMANDS.get(typed, online_client().state)


def test_first_word_is_a_room_only_if_it_looks_like_one() -> None:
    assert COMMANDS["topic"].parse("#kitchen Green tea") == ["#kitchen", "Green tea"]
    assert COMMANDS["topic"].parse("Green tea") == [None, "Green tea"]
    assert COMMANDS["kick"].parse("#tea bob go") == ["#tea", "bob", "go"]
    assert COMMANDS["kick"].parse("bob") == [None, "bob", None]
    with pytest.raises(UsageError, match=r"Usage: /kick \[#ROOM\] NICK"):
        COMMANDS["kick"].parse("#tea")


def test_legacy_commands_leave_the_room_with_quit() -> None:
    commands = legacy_slash_commands()
    assert commands.get("quit", online_client().state).function.__module__.endswith("legacy")
    assert commands.get("disconn", online_client().state).works_offline
    assert commands.find("enter") is not None


def test_completion_offers_commands_rooms_and_nicks() -> None:
    client = online_client()
    words = completion_words(client.state, "#tea", SLASH_COMMANDS)
    assert list(find_candidates("/hi", words)) == ["/history "]
    assert list(find_candidates("B", words)) == ["bob: "]
    assert list(find_candidates("ask bo", words)) == ["bob "]
    assert list(find_candidates("/join #t", words)) == ["#tea "]
    assert list(find_candidates("hello ", words)) == []


def test_unsupported_commands_are_not_completed() -> None:
    words = completion_words(online_client(caps="").state, "#tea", SLASH_COMMANDS)
    assert "/history" not in words.commands
    assert "/join" in words.commands


def test_backoff_doubles_to_a_minute_with_jitter() -> None:
    backoff = Backoff(Clock())
    waits = [backoff.next_wait() for _ in range(9)]
    for wait, whole in zip(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60], strict=True):
        assert whole / 2 <= wait <= whole
    backoff.reset()
    assert backoff.next_wait() <= 1


def test_silent_server_is_pinged_once_then_times_out(clock: MovedClock) -> None:
    keepalive = Keepalive(clock)
    assert not keepalive.must_ping()
    clock.instant += int(PING_AFTER_SECONDS * 1000)
    assert [keepalive.must_ping(), keepalive.must_ping()] == [True, False]
    assert not keepalive.has_timed_out()
    clock.instant += int(PONG_TIMEOUT_SECONDS * 1000)
    assert keepalive.has_timed_out()
    keepalive.on_activity()
    assert not keepalive.has_timed_out()
