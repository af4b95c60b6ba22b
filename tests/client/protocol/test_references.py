"""Replies, reactions and redactions: shown with what they refer to, and sent."""

import json
from datetime import UTC
from functools import partial

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from app.client.display.display_context import DisplayContext
from app.client.display.jsonlines import to_json
from app.client.protocol import intents
from app.client.protocol.events import Message, Reaction, Redacted
from app.client.protocol.messaging.references import find_by_reference, find_latest
from app.client.storage.client_storage import ClientStorage
from app.client.ui.commands.table import slash_commands
from app.client.ui.completion.candidates import completion_words
from app.client.ui.completion.prompt_completer import PromptCompleter
from app.client.ui.controller import Controller
from tests.client.harness import CAPABILITIES, ClientHarness, history_batch, online_client, privmsg
from tests.client.ui.test_defects import OfflineSession

CAPS = f"{CAPABILITIES} draft/message-redaction"
TIME = "time=2026-11-22T12:00:09.000Z"


def _client(**options: object) -> ClientHarness:
    """Return a client that was shown `tea?` (m1, bob), `yes` (m2, anna), `now` (m3, carol)."""
    client = online_client(CAPS, **options)
    client.receive(
        privmsg("m1", "tea?"),
        privmsg("m2", "yes", nick="anna", second=2),
        privmsg("m3", "now", nick="carol", second=3),
    )
    client.clear()
    return client


def test_reply_names_what_it_answers() -> None:
    _client().play(f"""
        < @msgid=m4;{TIME};+draft/reply=m1 :carol!c@h PRIVMSG #tea :me too
        | [2026-11-22 12:00:09] carol (re bob: “tea?”): me too
        < @msgid=m5;{TIME};+draft/reply=gone :carol!c@h PRIVMSG #tea :and me
        | [2026-11-22 12:00:09] carol (re an earlier message): and me
        < @msgid=m6;{TIME};+draft/reply=m5 :bob!b@h PRIVMSG #tea :\x01ACTION nods\x01
        | [2026-11-22 12:00:09] * bob (re carol: “and me”) nods
    """)


def test_reactions_are_shown_with_their_message() -> None:
    _client().play(f"""
        < @{TIME};+draft/react=👍;+draft/reply=m2 :bob!b@h TAGMSG #tea
        | [2026-11-22 12:00:09] bob reacted 👍 to anna: “yes”
        < @{TIME};+draft/unreact=👍;+draft/reply=m2 :bob!b@h TAGMSG #tea
        | [2026-11-22 12:00:09] bob removed the reaction 👍 from anna: “yes”
        < @{TIME};+draft/react=👍;+draft/reply=gone :bob!b@h TAGMSG #tea
        | [2026-11-22 12:00:09] bob reacted 👍 to an earlier message
        < @{TIME};+typing=active :bob!b@h TAGMSG #tea
        < @{TIME};+draft/react=👍 :bob!b@h TAGMSG #tea
    """)


def test_reaction_to_a_direct_message_belongs_to_its_conversation() -> None:
    client = _client()
    client.receive(privmsg("d1", "psst", nick="anna", room="bob"))
    client.clear()
    client.play(f"""
        < @{TIME};+draft/react=lol;+draft/reply=d1 :bob!b@h TAGMSG anna
        | [2026-11-22 12:00:09] bob reacted lol to anna: “psst”
    """)


def test_deletion_is_shown_without_the_text() -> None:
    _client().play(f"""
        < @{TIME} :bob!b@h REDACT #tea m1
        | [2026-11-22 12:00:09] bob deleted their message of 12:00:01
        < @{TIME} :bob!b@h REDACT #tea m3 :spam
        | [2026-11-22 12:00:09] bob deleted carol’s message of 12:00:03 (spam)
        < @{TIME} :bob!b@h REDACT #tea gone
        | [2026-11-22 12:00:09] bob deleted an earlier message
        < @{TIME};msgid=m4;+draft/reply=m1 :carol!c@h PRIVMSG #tea :what?
        | [2026-11-22 12:00:09] carol (re an earlier message): what?
    """)


def test_message_deleted_while_it_is_held_is_never_shown() -> None:
    client = _client()
    client.disconnect()
    client.connect()
    client.receive(f":srv CAP * LS :{CAPS}", f":srv CAP * ACK :{CAPS}", ":srv 001 anna :Welcome")
    client.receive("@time=2026-11-22T12:00:04.000Z :anna!a@h JOIN #tea * :anna")
    client.receive(privmsg("m5", "secret", second=5), f"@{TIME} :bob!b@h REDACT #tea m5")
    client.clear()
    client.receive(*history_batch("#tea"))
    client.play("""
        | [2026-11-22 12:00:09] bob deleted an earlier message
        | Reconnected. You missed no messages.
    """)


def test_history_quotes_messages_of_the_same_page() -> None:
    client = _client()
    client.execute(intents.show_latest, "#tea", 2)
    reply = privmsg("h2", "fine", second=8).replace("msgid=h2", "msgid=h2;+draft/reply=h1")
    client.receive(*history_batch("#tea", privmsg("h1", "how?", nick="carol", second=7), reply))
    assert "[2026-11-22 12:00:08] bob (re carol: “how?”): fine" in client.shown


def test_reply_reaction_and_deletion_are_sent() -> None:
    client = _client()
    room = client.state.rooms["#tea"]
    message = find_by_reference(room, "bob")
    assert message
    client.execute(intents.send_message, "#tea", "sure", reply_to=message.msgid)
    client.execute(intents.react, message, "👍")
    client.execute(intents.unreact, message, "👍")
    client.execute(intents.redact, message, "off topic")
    client.play("""
        > @label=1;+draft/reply=m1 PRIVMSG #tea sure
        > @+draft/react=👍;+draft/reply=m1 TAGMSG #tea
        > @+draft/unreact=👍;+draft/reply=m1 TAGMSG #tea
        > REDACT #tea m1 :off topic
    """)


def test_reaction_is_shown_without_an_echo() -> None:
    client = online_client("server-time message-tags")
    client.receive(privmsg("m1", "tea?"))
    client.clear()
    message = find_by_reference(client.state.rooms["#tea"], "1")
    assert message
    client.execute(intents.react, message, "👍")
    client.play("""
        > @+draft/react=👍;+draft/reply=m1 TAGMSG #tea
        | [2026-11-22 12:00:05] anna reacted 👍 to bob: “tea?”
    """)


def test_queued_reply_keeps_its_reference() -> None:
    client = _client()
    client.disconnect()
    client.execute(intents.send_message, "#tea", "sure", reply_to="m1")
    client.connect()
    client.receive(f":srv CAP * LS :{CAPS}", f":srv CAP * ACK :{CAPS}", ":srv 001 anna :Welcome")
    client.receive(":anna!a@h JOIN #tea * :anna", *history_batch("#tea"))
    assert client.sent[-1] == "@label=1;+draft/reply=m1 PRIVMSG #tea sure"


@pytest.mark.parametrize(
    ("reference", "msgid"),
    [("1", "m1"), ("3", "m3"), ("bob", "m1"), ("BOB", "m1"), ("9", None), ("walt", None), ("\u0663", "m3")],
)
def test_message_is_found_by_number_or_nick(reference: str, msgid: str | None) -> None:
    found = find_by_reference(_client().state.rooms["#tea"], reference)
    assert (found and found.msgid) == msgid


def test_default_is_the_latest_own_or_foreign_message() -> None:
    room = _client().state.rooms["#tea"]
    own, foreign = find_latest(room, is_mine=True), find_latest(room, is_mine=False)
    assert own
    assert foreign
    assert (own.msgid, foreign.msgid) == ("m2", "m3")


@pytest.mark.parametrize("line", ["/redact", "/redact anna", "/edit Anna yes"])
def test_message_on_its_way_is_not_mistaken_for_an_older_one(line: str) -> None:
    session = OfflineSession()
    controller = Controller(
        session.driver, DisplayContext(zone=UTC), session.shown.append, slash_commands(), ClientStorage()
    )
    received = [
        f":srv CAP * LS :{CAPS}",
        f":srv CAP * ACK :{CAPS}",
        ":srv 001 anna :Welcome",
        ":anna!a@h JOIN #tea",
        privmsg("m1", "sent long ago", nick="anna"),
    ]
    session.run(
        *(partial(session.receive, one) for one in received),
        lambda: controller.run("still on its way"),
        lambda: controller.run(line),
    )
    assert session.errors() == [
        "The server has not confirmed your latest message yet. Try again once it is stored."
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/reply ", ["3 carol: now", "2 anna: yes", "1 bob: tea?"]),
        ("/reply te", ["1 bob: tea?"]),
        ("/reply carol", ["3 carol: now"]),
        ("/redact ", ["2 anna: yes", "3 carol: now", "1 bob: tea?"]),
        ("/edit ", ["2 anna: yes", "3 carol: now", "1 bob: tea?"]),
        ("/react 👍 2", ["2 anna: yes"]),
        ("/react heart", ["❤️ heart love"]),
        ("/reply 1 b", ["bob"]),
    ],
)
def test_messages_are_completed_by_number_nick_or_text(text: str, shown: list[str]) -> None:
    client = _client()
    words = completion_words(client.state, "#tea", slash_commands())
    completer = PromptCompleter(lambda: words, pytest.fail)
    completions = completer.get_completions(Document(text), CompleteEvent())
    assert [completion.display_text for completion in completions] == shown


def test_references_are_exported_as_json() -> None:
    reply = Message("#tea", "bob", "yes", 0, msgid="m2", reply_to="m1")
    reaction = Reaction("#tea", "bob", "👍", "m1", 0, msgid="m3")
    redaction = Redacted("#tea", "bob", "m1", "spam", 0, author="carol")
    rows = [json.loads(to_json(event) or "") for event in (reply, reaction, redaction)]
    assert [(row["type"], row["msgid"], row.get("reply_to")) for row in rows] == [
        ("message", "m2", "m1"),
        ("react", "m3", "m1"),
        ("redact", "m1", None),
    ]
    removed = Reaction("#tea", "bob", "👍", "m1", 0, is_removed=True)
    assert json.loads(to_json(removed) or "")["type"] == "unreact"
