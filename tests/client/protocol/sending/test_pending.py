"""Our own messages: shown once the server has stored them, kept for resending otherwise."""

from app.client.protocol import intents
from tests.client.harness import online_client, privmsg

ECHO = "server-time message-tags echo-message batch"


def test_message_is_shown_when_its_echo_arrives() -> None:
    client = online_client()
    client.execute(intents.send_message, "#tea", "hello there")
    client.play("""
        > @label=1 PRIVMSG #tea :hello there
        < @label=1;time=2026-11-22T12:00:05.123Z;msgid=x :anna!~a@h PRIVMSG #tea :hello there
        | [2026-11-22 12:00:05] anna: hello there
    """)
    assert not client.state.pending


def test_without_labels_an_echo_is_matched_by_text() -> None:
    client = online_client(ECHO)
    client.execute(intents.send_message, "#tea", "hello")
    client.play("""
        > PRIVMSG #tea hello
        < @time=2026-11-22T12:00:05.123Z :anna!~a@h PRIVMSG #tea :hello
        | [2026-11-22 12:00:05] anna: hello
    """)
    assert not client.state.pending


def test_without_echo_a_message_is_confirmed_by_a_pong() -> None:
    client = online_client(caps="")
    client.execute(intents.send_message, "#tea", "one")
    client.execute(intents.send_message, "#tea", "two")
    client.play("""
        > PRIVMSG #tea one
        | [2026-11-22 12:00:05] anna: one
        > PING line-1
        > PRIVMSG #tea two
        | [2026-11-22 12:00:05] anna: two
        < :srv PONG srv line-1
        > PING line-2
        < :srv PONG srv :line-2
    """)
    assert not client.state.pending


def test_refused_message_can_be_resent() -> None:
    client = online_client()
    client.execute(intents.send_message, "#tea", "hello")
    client.play("""
        > @label=1 PRIVMSG #tea hello
        < @label=1 :srv 404 anna #tea :You may not speak here.
        | ! not sent: hello — You may not speak here. Use /resend 1 to send it again.
    """)
    client.execute(intents.resend, 1)
    client.play("> @label=2 PRIVMSG #tea hello")
    assert not client.state.failed


def test_without_labels_an_error_fails_the_oldest_to_that_target() -> None:
    client = online_client(ECHO)
    client.execute(intents.send_message, "#tea", "a")
    client.execute(intents.send_message, "nobody", "b")
    client.receive(":srv 401 anna nobody :No such nick")
    assert [line.text for line in client.state.failed.values()] == ["b"]


def test_long_text_is_split_without_loss() -> None:
    client = online_client()
    text = "ж" * 700
    client.execute(intents.send_message, "#tea", text)
    sent = [line.partition(" :")[2] or line.split(" ", 3)[3] for line in client.sent]
    assert "".join(sent) == text
    assert all(len(f":anna!~anna@host PRIVMSG #tea :{part}\r\n".encode()) <= 512 for part in sent)


def test_actions_and_direct_messages_are_shown() -> None:
    client = online_client()
    client.execute(intents.send_message, "#tea", "waves", is_action=True)
    client.execute(intents.send_message, "bob", "psst")
    client.play("""
        > @label=1 PRIVMSG #tea :\x01ACTION waves\x01
        > @label=2 PRIVMSG bob psst
        < @label=1 :anna!~a@h PRIVMSG #tea :\x01ACTION waves\x01
        | [2026-11-22 12:00:05] * anna waves
        < @label=2 :anna!~a@h PRIVMSG bob psst
        | [2026-11-22 12:00:05] anna → bob: psst
        < :bob!~b@h PRIVMSG anna :yes?
        | [2026-11-22 12:00:05] bob → anna: yes?
    """)


def test_pending_messages_are_limited() -> None:
    client = online_client()
    for number in range(501):
        client.execute(intents.send_message, "#tea", str(number))
    assert len(client.state.pending) == 500
    assert [line.text for line in client.state.failed.values()] == ["500"]


def test_same_text_from_another_device_confirms_nothing() -> None:
    client = online_client()
    client.execute(intents.send_message, "#tea", "hello")
    client.receive(privmsg("m1", "hello", nick="anna"))
    assert client.state.pending
