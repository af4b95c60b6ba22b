"""Edits (deletion and a new message), and replies of several lines."""

import pytest

from app.client.protocol import intents
from app.client.protocol.events import EditRefused, Message, Queued, Redacted, SendFailed, Sending
from tests.client.harness import CAPABILITIES, ClientHarness, online_client, privmsg
from tests.client.protocol.sending.test_multiline import multiline_client
from tests.client.served import ServedClient
from tests.engine.harness import EngineHarness

CAPS = f"{CAPABILITIES} draft/message-redaction"
ECHO = "@msgid=m2;time=2026-11-22T12:00:02.000Z;+draft/reply=m1 :anna!~anna@host PRIVMSG #tea :yes"
DELETED = "@time=2026-11-22T12:00:03.000Z :anna!~anna@host REDACT #tea m2"
LOST = "the connection was lost before the server confirmed the deletion"


def _client(caps: str = CAPS) -> tuple[ClientHarness, Message]:
    """Return a client, and its reply to a message of bob."""
    client = online_client(caps)
    client.receive(privmsg("m1", "tea?"), ECHO)
    client.clear()
    return client, client.state.rooms["#tea"].recent["m2"].message


def test_edit_replaces_a_message_once_it_is_deleted() -> None:
    client, message = _client()
    client.execute(intents.edit, message, "yes please")
    client.play(f"""
        > REDACT #tea m2
        < {DELETED}
        | [2026-11-22 12:00:03] anna deleted their message of 12:00:02
        > @label=1;+draft/reply=m1 PRIVMSG #tea :yes please
        < {DELETED}
        | [2026-11-22 12:00:03] anna deleted an earlier message
    """)


def test_action_is_replaced_by_an_action() -> None:
    client, _ = _client()
    client.receive("@msgid=m3 :anna!~anna@host PRIVMSG #tea :\x01ACTION nods\x01")
    message = client.state.rooms["#tea"].recent["m3"].message
    client.execute(intents.edit, message, "waves")
    client.receive(":anna!~anna@host REDACT #tea m3")
    assert client.sent[-1] == "@label=1 PRIVMSG #tea :\x01ACTION waves\x01"


def test_deletion_by_an_operator_does_not_send_the_new_text() -> None:
    client, message = _client()
    client.execute(intents.edit, message, "yes please")
    client.receive(":bob!~b@h REDACT #tea m2")
    client.clear()
    client.play("""
        < FAIL REDACT UNKNOWN_MSGID #tea m2 :No such message
        | ! not changed to: yes please — No such message.
    """)


@pytest.mark.parametrize(
    "refusal",
    [
        "FAIL REDACT REDACT_FORBIDDEN #tea m2 :Too late",
        "FAIL REDACT INVALID_TARGET #Tea :Too late",
        "FAIL REDACT TEMPORARILY_UNAVAILABLE #tea :Too late",
    ],
)
def test_refused_deletion_returns_the_new_text(refusal: str) -> None:
    client, message = _client()
    client.execute(intents.edit, message, "yes please")
    client.clear()
    client.receive(refusal)
    assert client.events == [EditRefused("#tea", "m2", "yes please", "Too late")]
    assert not client.sent


def test_refusal_of_another_deletion_is_not_taken_for_that_of_an_edit() -> None:
    client, message = _client()
    client.execute(intents.edit, message, "yes please")
    client.clear()
    client.play(f"""
        < FAIL REDACT REDACT_FORBIDDEN #tea m1 :Not yours
        | ! Not yours
        < {DELETED}
        | [2026-11-22 12:00:03] anna deleted their message of 12:00:02
        > @label=1;+draft/reply=m1 PRIVMSG #tea :yes please
    """)


def test_lost_connection_returns_the_new_text() -> None:
    client, message = _client()
    client.execute(intents.edit, message, "yes please")
    client.clear()
    client.disconnect()
    assert EditRefused("#tea", "m2", "yes please", LOST) in client.events


def test_message_is_edited_without_waiting_on_a_server_without_echoes() -> None:
    client, message = _client(CAPS.replace("echo-message ", "").replace("labeled-response ", ""))
    client.execute(intents.edit, message, "yes please")
    assert list(client.sent)[:2] == ["REDACT #tea m2", "@+draft/reply=m1 PRIVMSG #tea :yes please"]


def test_edit_that_is_impossible_is_refused_at_once() -> None:
    client, message = _client()
    others = client.state.rooms["#tea"].recent["m1"].message
    incapable, same = _client(CAPABILITIES)
    offline, lost = _client()
    offline.disconnect()
    offline.clear()
    client.execute(intents.edit, others, "no")
    client.execute(intents.edit, message, " ")
    client.execute(intents.edit, message, "first")
    client.execute(intents.edit, message, "second")
    incapable.execute(intents.edit, same, "no")
    offline.execute(intents.edit, lost, "no")
    events = [*client.events, *incapable.events, *offline.events]
    assert [event.reason for event in events if isinstance(event, EditRefused)] == [
        "only a message of yours can be edited",
        "the new text is empty",
        "it is being edited already",
        "the server cannot delete messages",
        "there is no connection",
    ]
    assert list(client.sent) == ["REDACT #tea m2"]


def test_reply_of_several_lines_is_one_message() -> None:
    client = multiline_client()
    client.receive(privmsg("m1", "tea?"))
    client.clear()
    client.execute(intents.reply, client.state.rooms["#tea"].recent["m1"].message, "yes\nplease")
    client.play("""
        > @label=1;+draft/reply=m1 BATCH +m1 draft/multiline #tea
        > @batch=m1 PRIVMSG #tea yes
        > @batch=m1 PRIVMSG #tea please
        > BATCH -m1
    """)
    client.receive("@label=1 FAIL BATCH MULTILINE_INVALID :Not now")
    client.clear()
    client.execute(intents.resend, 1)
    assert client.sent[0] == "@label=2;+draft/reply=m1 BATCH +m2 draft/multiline #tea"


def test_reply_is_the_first_of_several_lines_sent_separately() -> None:
    client, message = _client()
    client.execute(intents.reply, message, "one\n\ntwo")
    client.play("""
        > @label=1;+draft/reply=m2 PRIVMSG #tea one
        > @label=2 PRIVMSG #tea two
    """)


def test_events_of_delivery_name_what_a_message_answers() -> None:
    client, message = _client()
    client.execute(intents.reply, message, "now")
    client.receive("@label=1 FAIL PRIVMSG ACCOUNT_REQUIRED #tea :Log in first")
    client.disconnect()
    client.execute(intents.reply, message, "later")
    events = [event for event in client.events if isinstance(event, Sending | SendFailed | Queued)]
    assert [type(event) for event in events] == [Sending, SendFailed, Queued]
    assert {event.reply_to for event in events} == {"m2"}


def test_refused_request_is_not_taken_for_a_refused_message() -> None:
    client = online_client("message-tags echo-message draft/chathistory standard-replies")
    client.execute(intents.send_message, "#tea", "hello")
    client.execute(intents.show_latest, "#tea", 5)
    client.clear()
    client.play("""
        < FAIL CHATHISTORY MESSAGE_ERROR LATEST #tea :Not now
        | ! Cannot show the history of #tea: Not now
        < FAIL PRIVMSG ACCOUNT_REQUIRED #tea :Log in first
        | ! not sent: hello — Log in first. Use /resend 1 to send it again.
    """)


def test_edited_reply_still_answers_the_same_message(bench: EngineHarness) -> None:
    bob = bench.connect("bob", "message-tags", "echo-message", "draft/message-redaction")
    bob.send("JOIN #tea", "PRIVMSG #tea :tea?")
    anna = ServedClient(bench)
    anna.connect()
    (msgid,) = (line.tags["msgid"] for line in bob.hears("PRIVMSG"))
    anna.client.execute(intents.send_message, "#tea", "yess", reply_to=msgid)
    anna.settle()
    (message,) = (event for event in anna.client.events if isinstance(event, Message))
    anna.client.clear()
    anna.client.execute(intents.edit, message, "yes")
    anna.settle()
    events = [event for event in anna.client.events if isinstance(event, Message | Redacted)]
    assert [type(event) for event in events] == [Redacted, Message]
    assert (events[1].text, events[1].reply_to) == ("yes", msgid)  # type: ignore[union-attr]
