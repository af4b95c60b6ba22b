"""Lines of one's own: shown when they are stored, kept when they are not."""

from app.client.protocol import intents
from tests.client.harness import CAPS, enter, online, page, said

ECHO = "server-time message-tags echo-message batch"


def test_a_line_is_shown_when_its_echo_comes() -> None:
    bench = online()
    bench.does(intents.say(bench.state, "#tea", "hello there"))
    bench.play("""
        > @label=1 PRIVMSG #tea :hello there
        < @label=1;time=2026-11-22T12:00:05.123Z;msgid=x :anna!~a@h PRIVMSG #tea :hello there
        | [2026-11-22 12:00:05] anna: hello there
    """)
    assert not bench.state.pending


def test_without_labels_the_text_tells_which_line_it_was() -> None:
    bench = online(ECHO)
    bench.does(intents.say(bench.state, "#tea", "hello"))
    bench.play("""
        > PRIVMSG #tea hello
        < @time=2026-11-22T12:00:05.123Z :anna!~a@h PRIVMSG #tea :hello
        | [2026-11-22 12:00:05] anna: hello
    """)
    assert not bench.state.pending


def test_without_echo_a_line_is_shown_at_once_and_a_ping_is_the_fence() -> None:
    bench = online(caps="")
    bench.does(intents.say(bench.state, "#tea", "one"))
    bench.does(intents.say(bench.state, "#tea", "two"))
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


def test_a_refused_line_is_kept_and_can_be_sent_again() -> None:
    bench = online()
    bench.does(intents.say(bench.state, "#tea", "hello"))
    bench.play("""
        > @label=1 PRIVMSG #tea hello
        < @label=1 :srv 404 anna #tea :You may not speak here.
        | ! not sent: hello — You may not speak here. /resend 1 sends it again.
    """)
    bench.does(intents.resend(bench.state, 1))
    bench.play("> @label=2 PRIVMSG #tea hello")
    assert not bench.state.failed


def test_without_labels_an_error_goes_to_the_oldest_line_to_that_target() -> None:
    bench = online(ECHO)
    bench.does(intents.say(bench.state, "#tea", "a"))
    bench.does(intents.say(bench.state, "nobody", "b"))
    bench.hears(":srv 401 anna nobody :No such nick")
    assert [line.text for line in bench.state.failed.values()] == ["b"]


def test_without_a_connection_a_line_fails_at_once() -> None:
    bench = online()
    bench.loses()
    bench.forget()
    bench.does(intents.say(bench.state, "#tea", "hello"))
    bench.play("| ! not sent: hello — there is no connection. /resend 1 sends it again.")


def test_a_long_text_becomes_several_lines_that_are_the_text_again() -> None:
    bench = online()
    text = "ж" * 700
    bench.does(intents.say(bench.state, "#tea", text))
    sent = [line.partition(" :")[2] or line.split(" ", 3)[3] for line in bench.sent]
    assert "".join(sent) == text
    assert all(len(f":anna!~anna@host PRIVMSG #tea :{part}\r\n".encode()) <= 512 for part in sent)


def test_actions_and_direct_messages() -> None:
    bench = online()
    bench.does(intents.say(bench.state, "#tea", "waves", is_action=True))
    bench.does(intents.say(bench.state, "bob", "psst"))
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


def test_a_line_in_doubt_that_was_stored_is_not_failed() -> None:
    bench = _in_doubt("hello")
    bench.hears(*page("#tea", said("n1", "hello", nick="anna")))
    bench.hears(*page("#tea"))
    assert list(bench.shown) == ["[2026-11-22 12:00:01] anna: hello", "Resumed, 1 missed message."]
    assert not bench.state.pending
    assert not bench.state.failed


def test_a_doubtful_line_not_stored_is_failed_and_not_resent() -> None:
    bench = _in_doubt("hello")
    bench.hears(*page("#tea", said("n1", "hello", nick="bob")))
    bench.hears(*page("#tea"))
    assert bench.shown[1].startswith("! not sent: hello — the connection was lost")
    assert not any("PRIVMSG" in line for line in bench.sent)


def test_of_two_equal_lines_in_doubt_one_stored_confirms_one() -> None:
    bench = _in_doubt("hello", "hello")
    bench.hears(*page("#tea", said("n1", "hello", nick="anna")))
    bench.hears(*page("#tea"))
    assert len(bench.state.failed) == 1


def test_a_line_given_up_that_arrives_after_all_is_not_offered_again() -> None:
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
        bench.does(intents.say(bench.state, "#tea", text))
    bench.loses()
    bench.opens()
    bench.hears(f":srv CAP * LS :{CAPS}", f":srv CAP * ACK :{CAPS}", ":srv 001 anna :Welcome")
    enter(bench, "#tea")
    bench.forget()
    return bench


def test_the_waiting_lines_have_a_limit() -> None:
    bench = online()
    for number in range(501):
        bench.does(intents.say(bench.state, "#tea", str(number)))
    assert len(bench.state.pending) == 500
    assert [line.text for line in bench.state.failed.values()] == ["500"]


def test_the_same_text_from_another_device_confirms_nothing() -> None:
    bench = online()
    bench.does(intents.say(bench.state, "#tea", "hello"))
    bench.hears(said("m1", "hello", nick="anna"))
    assert bench.state.pending
