"""Lines of one's own: shown when they are stored, kept when they are not."""

from app.client.protocol import intents
from tests.client.harness import CAPS, enter, online, page, said

ECHO = "server-time message-tags echo-message batch"


def test_message_is_shown_when_its_echo_arrives() -> None:
    bench = online()
    bench.does(intents.send_message(bench.state, "#tea", "hello there"))
    bench.play("""
        > @label=1 PRIVMSG #tea :hello there
        < @label=1;time=2026-11-22T12:00:05.123Z;msgid=x :anna!~a@h PRIVMSG #tea :hello there
        | [2026-11-22 12:00:05] anna: hello there
    """)
    assert not bench.state.pending


def test_without_labels_an_echo_is_matched_by_text() -> None:
    bench = online(ECHO)
    bench.does(intents.send_message(bench.state, "#tea", "hello"))
    bench.play("""
        > PRIVMSG #tea hello
        < @time=2026-11-22T12:00:05.123Z :anna!~a@h PRIVMSG #tea :hello
        | [2026-11-22 12:00:05] anna: hello
    """)
    assert not bench.state.pending


def test_without_echo_a_message_is_confirmed_by_a_pong() -> None:
    bench = online(caps="")
    bench.does(intents.send_message(bench.state, "#tea", "one"))
    bench.does(intents.send_message(bench.state, "#tea", "two"))
    bench.play("""
        > PRIVMSG #tea one
        | [2026-11-22 12:00:05] anna: one
        > PING line-1
        > PRIVMSG #tea two
        | [2026-11-22 12:00:05] anna: two
        < :srv PONG srv line-1
        > PING line-2
        < :srv PONG srv :line-2
    """)
    assert not bench.state.pending


def test_refused_message_can_be_resent() -> None:
    bench = online()
    bench.does(intents.send_message(bench.state, "#tea", "hello"))
    bench.play("""
        > @label=1 PRIVMSG #tea hello
        < @label=1 :srv 404 anna #tea :You may not speak here.
        | ! not sent: hello — You may not speak here. Use /resend 1 to send it again.
    """)
    bench.does(intents.resend(bench.state, 1))
    bench.play("> @label=2 PRIVMSG #tea hello")
    assert not bench.state.failed


def test_without_labels_an_error_fails_the_oldest_to_that_target() -> None:
    bench = online(ECHO)
    bench.does(intents.send_message(bench.state, "#tea", "a"))
    bench.does(intents.send_message(bench.state, "nobody", "b"))
    bench.hears(":srv 401 anna nobody :No such nick")
    assert [line.text for line in bench.state.failed.values()] == ["b"]


def test_message_fails_at_once_while_disconnected() -> None:
    bench = online()
    bench.loses()
    bench.forget()
    bench.does(intents.send_message(bench.state, "#tea", "hello"))
    bench.play("| ! not sent: hello — not connected. Use /resend 1 to send it again.")


def test_long_text_is_split_without_loss() -> None:
    bench = online()
    text = "ж" * 700
    bench.does(intents.send_message(bench.state, "#tea", text))
    sent = [line.partition(" :")[2] or line.split(" ", 3)[3] for line in bench.sent]
    assert "".join(sent) == text
    assert all(len(f":anna!~anna@host PRIVMSG #tea :{part}\r\n".encode()) <= 512 for part in sent)


def test_actions_and_direct_messages_are_shown() -> None:
    bench = online()
    bench.does(intents.send_message(bench.state, "#tea", "waves", is_action=True))
    bench.does(intents.send_message(bench.state, "bob", "psst"))
    bench.play("""
        > @label=1 PRIVMSG #tea :\x01ACTION waves\x01
        > @label=2 PRIVMSG bob psst
        < @label=1 :anna!~a@h PRIVMSG #tea :\x01ACTION waves\x01
        | [2026-11-22 12:00:05] * anna waves
        < @label=2 :anna!~a@h PRIVMSG bob psst
        | [2026-11-22 12:00:05] anna → bob: psst
        < :bob!~b@h PRIVMSG anna :yes?
        | [2026-11-22 12:00:05] bob → anna: yes?
    """)


def test_message_in_doubt_that_was_stored_does_not_fail() -> None:
    bench = _in_doubt("hello")
    bench.hears(*page("#tea", said("n1", "hello", nick="anna")))
    bench.hears(*page("#tea"))
    assert list(bench.shown) == ["[2026-11-22 12:00:01] anna: hello", "Reconnected. You missed 1 message."]
    assert not bench.state.pending
    assert not bench.state.failed


def test_message_in_doubt_that_was_not_stored_is_not_resent() -> None:
    bench = _in_doubt("hello")
    bench.hears(*page("#tea", said("n1", "hello", nick="bob")))
    bench.hears(*page("#tea"))
    assert bench.shown[1].startswith("! not sent: hello — the connection was lost")
    assert not any("PRIVMSG" in line for line in bench.sent)


def test_one_stored_message_confirms_only_one_in_doubt() -> None:
    bench = _in_doubt("hello", "hello")
    bench.hears(*page("#tea", said("n1", "hello", nick="anna")))
    bench.hears(*page("#tea"))
    assert len(bench.state.failed) == 1


def test_failed_message_that_arrives_late_is_confirmed() -> None:
    bench = _in_doubt("hello")
    bench.hears(*page("#tea"))
    assert bench.state.failed
    bench.hears(said("late", "hello", nick="anna"))
    assert not bench.state.failed


def _in_doubt(*texts: str):  # type: ignore[no-untyped-def]
    """Return a client whose connection broke behind some lines, and that is back in the room."""
    bench = online()
    bench.hears(said("m1", "before"))
    for text in texts:
        bench.does(intents.send_message(bench.state, "#tea", text))
    bench.loses()
    bench.opens()
    bench.hears(f":srv CAP * LS :{CAPS}", f":srv CAP * ACK :{CAPS}", ":srv 001 anna :Welcome")
    enter(bench, "#tea")
    bench.forget()
    return bench


def test_pending_messages_are_limited() -> None:
    bench = online()
    for number in range(501):
        bench.does(intents.send_message(bench.state, "#tea", str(number)))
    assert len(bench.state.pending) == 500
    assert [line.text for line in bench.state.failed.values()] == ["500"]


def test_same_text_from_another_device_confirms_nothing() -> None:
    bench = online()
    bench.does(intents.send_message(bench.state, "#tea", "hello"))
    bench.hears(said("m1", "hello", nick="anna"))
    assert bench.state.pending
