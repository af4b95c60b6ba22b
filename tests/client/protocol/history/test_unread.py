"""Unread messages: shown on start, counted live, and marked as read on all devices."""

from app.client.protocol import intents
from app.client.protocol.events import ConversationFound, MarkerMoved, UnreadMessages
from app.clock import from_iso
from tests.client.harness import (
    CAPABILITIES,
    ClientHarness,
    history_batch,
    join,
    online_client,
    privmsg,
)

MARKERS = f"{CAPABILITIES} draft/read-marker"
TARGETS = "CHATHISTORY TARGETS timestamp=2026-11-23T12:00:05.000Z timestamp=1970-01-01T00:00:00.000Z 100"


def _start(client: ClientHarness, caps: str = MARKERS, isupport: str = "CHATHISTORY=1000") -> None:
    """Connect a client and log it in as anna; what it sent and showed so far is discarded."""
    client.connect()
    client.receive(f":srv CAP * LS :{caps}", f":srv CAP * ACK :{caps}", ":srv 900 anna anna!a@h anna :in")
    client.clear()
    client.receive(":srv 001 anna :Welcome", f":srv 005 anna CHANTYPES=# {isupport} :are supported")


def _started_client(limit: int = 3, **options: object) -> ClientHarness:
    client = ClientHarness(initial_history=limit, password="secret", **options)
    _start(client)
    client.clear()
    return client


def _read_until(client: ClientHarness, second: int, room: str = "#tea") -> None:
    client.receive(f":srv MARKREAD {room} timestamp=2026-11-22T12:00:{second:02d}.000Z")


def _targets(*names: str, second: int = 9) -> list[str]:
    """Return the reply to CHATHISTORY TARGETS."""
    lines = (f"@batch=t :srv CHATHISTORY TARGETS {name} 2026-11-22T12:00:{second:02d}.000Z" for name in names)
    return [":srv BATCH +t draft/chathistory-targets", *lines, ":srv BATCH -t"]


def test_private_messages_of_the_meantime_are_shown_on_start() -> None:
    client = ClientHarness(initial_history=3, password="secret")
    _start(client)
    assert list(client.sent) == ["JOIN #tea", TARGETS]
    client.clear()
    client.receive(*_targets("bob", "carol"))
    client.play("""
        > MARKREAD bob
        > MARKREAD carol
        < :srv MARKREAD bob timestamp=2026-11-22T12:00:01.000Z
        > CHATHISTORY LATEST bob timestamp=2026-11-22T12:00:01.000Z 3
        < :srv MARKREAD carol *
        > CHATHISTORY LATEST carol * 3
    """)
    client.receive(
        *history_batch(
            "bob", privmsg("m2", "hi", room="anna", second=2), privmsg("m3", "?", room="anna", second=9)
        ),
        *history_batch("carol", privmsg("m4", "hello", nick="carol", room="anna", second=9)),
    )
    assert [line for line in client.shown if "Connected" not in line] == [
        "[2026-11-22 12:00:02] bob → anna: hi",
        "[2026-11-22 12:00:09] bob → anna: ?",
        "[2026-11-22 12:00:09] carol → anna: hello",
    ]
    assert [(e.room, e.count) for e in client.events if isinstance(e, UnreadMessages)] == [
        ("bob", 2),
        ("carol", 1),
    ]


def test_conversation_read_on_another_device_is_not_fetched() -> None:
    client = _started_client()
    client.receive(*_targets("bob"))
    client.play("""
        > MARKREAD bob
        < :srv MARKREAD bob timestamp=2026-11-22T12:00:09.000Z
    """)


def test_the_full_screen_lists_conversations_without_unread_messages() -> None:
    for wants_events in (False, True):
        client = ClientHarness(initial_history=3, password="secret", wants_events=wants_events)
        _start(client)
        client.receive(*_targets("bob", "carol", "NickServ", "#ops"))
        client.clear()
        for name in ("bob", "carol", "NickServ", "#ops"):
            _read_until(client, 9, name)
        found = [event.room for event in client.events if isinstance(event, ConversationFound)]
        assert found == (["bob", "carol"] if wants_events else [])


def test_unread_messages_of_a_room_follow_the_read_ones() -> None:
    client = _started_client()
    join(client, "#tea")
    _read_until(client, 1)
    client.clear()
    client.receive(*history_batch("#tea", *(privmsg(f"m{n}", f"text {n}", second=n) for n in (1, 2))))
    assert list(client.shown) == ["[2026-11-22 12:00:01] bob: text 1", "[2026-11-22 12:00:02] bob: text 2"]
    unread = client.events[-1]
    assert isinstance(unread, UnreadMessages)
    assert [message.text for message in unread.messages] == ["text 2"]
    assert (unread.count, unread.hidden) == (1, 0)


def test_room_never_read_before_has_no_unread_messages() -> None:
    client = _started_client()
    join(client, "#tea")
    client.receive(":srv MARKREAD #tea *")
    client.clear()
    client.receive(*history_batch("#tea", privmsg("m1", "old")))
    client.play("""
        > MARKREAD #tea timestamp=2026-11-22T12:00:00.000Z
        | [2026-11-22 12:00:01] bob: old
    """)
    assert not client.state.rooms["#tea"].unread


def test_more_unread_messages_than_a_page_are_counted() -> None:
    client = _started_client()
    join(client, "#tea")
    _read_until(client, 1)
    client.clear()
    client.receive(*history_batch("#tea", *(privmsg(f"m{n}", f"text {n}", second=n) for n in (7, 8, 9))))
    client.play("> CHATHISTORY BETWEEN #tea msgid=m7 timestamp=2026-11-22T12:00:01.000Z 1000")
    client.receive(*history_batch("#tea", *(privmsg(f"m{n}", f"text {n}", second=n) for n in (4, 5, 6))))
    client.play("> CHATHISTORY BETWEEN #tea msgid=m4 timestamp=2026-11-22T12:00:01.000Z 1000")
    client.receive(*history_batch("#tea"))
    unread = client.events[-1]
    assert isinstance(unread, UnreadMessages)
    assert [message.text for message in unread.messages] == ["text 7", "text 8", "text 9"]
    assert (unread.count, unread.hidden) == (6, 3)
    assert client.renderer.render(unread)[:2] == [
        "── 6 unread in #tea ──",
        "The first 3 are not shown. In #tea, use /history 6.",
    ]


def test_own_messages_are_never_unread() -> None:
    client = _started_client()
    join(client, "#tea")
    _read_until(client, 1)
    client.clear()
    client.receive(*history_batch("#tea", privmsg("m2", "mine", nick="anna", second=2)))
    client.play("| [2026-11-22 12:00:02] anna: mine")
    assert not client.state.rooms["#tea"].unread


def test_conversation_with_own_messages_only_is_not_shown() -> None:
    client = _started_client()
    client.receive(*_targets("bob"), ":srv MARKREAD bob *")
    client.clear()
    client.receive(*history_batch("bob", privmsg("m1", "hi", nick="anna", room="bob")))
    client.play("")


def test_message_that_arrives_meanwhile_is_shown_once_after_them() -> None:
    client = _started_client()
    client.receive(*_targets("bob"), ":srv MARKREAD bob *")
    client.receive(privmsg("m2", "second", room="anna", second=2))
    client.clear()
    client.receive(
        *history_batch(
            "bob", privmsg("m1", "first", room="anna"), privmsg("m2", "second", room="anna", second=2)
        )
    )
    client.receive(privmsg("m3", "third", room="anna", second=3))
    client.play("""
        | [2026-11-22 12:00:01] bob → anna: first
        | [2026-11-22 12:00:02] bob → anna: second
        | [2026-11-22 12:00:03] bob → anna: third
    """)


def test_room_that_was_left_is_announced() -> None:
    client = _started_client()
    join(client, "#tea")
    client.clear()
    client.receive(*_targets("#tea", "#ops"))
    client.play("""
        > MARKREAD #ops
        < :srv MARKREAD #ops timestamp=2026-11-22T12:00:01.000Z
        | There are unread messages in #ops. Use /join #ops to read them.
    """)


def test_room_that_was_left_and_never_read_is_not_announced() -> None:
    client = _started_client()
    client.receive(*_targets("#ops"), ":srv MARKREAD #ops *")
    client.clear()
    client.play("")


def test_check_cut_off_by_an_outage_is_repeated() -> None:
    client = _started_client()
    client.receive(*_targets("bob"), ":srv MARKREAD bob *")
    client.disconnect()
    _start(client)
    assert list(client.sent) == ["JOIN #tea", TARGETS]
    client.receive(*_targets("bob"), ":srv MARKREAD bob *")
    client.clear()
    client.receive(*history_batch("bob", privmsg("m1", "hi", room="anna")))
    assert list(client.shown) == ["[2026-11-22 12:00:01] bob → anna: hi"]


def test_history_of_a_room_cut_off_by_an_outage_is_repeated() -> None:
    client = _started_client()
    join(client, "#tea")
    client.disconnect()
    _start(client)
    client.clear()
    join(client, "#tea")
    assert client.sent[-1] == "CHATHISTORY LATEST #tea * 3"


def test_nothing_is_checked_without_account_markers_or_terminal() -> None:
    guest = ClientHarness(initial_history=3)
    guest.connect()
    guest.receive(f":srv CAP * LS :{MARKERS}", f":srv CAP * ACK :{MARKERS}", ":srv 001 anna :Welcome")
    assert guest.sent[-1] == "JOIN #tea"
    script = ClientHarness(initial_history=0, password="secret")
    _start(script)
    assert script.sent[-1] == "JOIN #tea"
    old_server = ClientHarness(initial_history=3, password="secret")
    _start(old_server, CAPABILITIES)
    assert old_server.sent[-1] == "JOIN #tea"


def test_login_after_the_start_shows_what_is_unread() -> None:
    client = online_client(MARKERS + " sasl", initial_history=3)
    client.receive(*history_batch("#tea"))
    client.clear()
    client.execute(intents.log_in, "anna", "secret")
    client.receive(":srv 900 anna anna!a@h anna :in", ":srv 903 anna :ok")
    assert client.sent[-1] == TARGETS


def test_reading_moves_the_marker_to_the_last_message_shown() -> None:
    client = _started_client()
    join(client, "#tea")
    _read_until(client, 1)
    client.receive(*history_batch("#tea", privmsg("m2", "hi", second=2)), privmsg("m3", "there", second=3))
    room = client.state.rooms["#tea"]
    assert len(room.unread) == 2
    client.clear()
    client.execute(intents.mark_all_read)
    client.play("> MARKREAD #tea timestamp=2026-11-22T12:00:03.000Z")
    assert not room.unread
    client.execute(intents.mark_all_read)
    client.play("")


def test_markers_are_not_sent_with_every_line_of_input() -> None:
    client = _started_client()
    join(client, "#tea")
    client.receive(*history_batch("#tea"))
    client.clear()
    for second in (1, 2):
        client.receive(privmsg(f"m{second}", "hi", second=second))
        client.execute(intents.mark_read_at_intervals)
    assert list(client.sent) == ["MARKREAD #tea timestamp=2026-11-22T12:00:01.000Z"]
    client.now += 30_000
    client.receive(privmsg("m3", "hi", second=3))
    client.clear()
    client.execute(intents.mark_read_at_intervals)
    assert list(client.sent) == ["MARKREAD #tea timestamp=2026-11-22T12:00:03.000Z"]


def test_what_is_not_shown_yet_is_not_marked_as_read() -> None:
    client = _started_client()
    join(client, "#tea")
    client.clear()
    client.execute(intents.mark_all_read)
    client.play("")


def test_another_device_that_reads_lowers_the_count() -> None:
    client = online_client(MARKERS)
    client.receive(*(privmsg(f"m{second}", "hi", second=second) for second in (1, 2, 3)))
    room = client.state.rooms["#tea"]
    assert len(room.unread) == 3
    _read_until(client, 2)
    assert len(room.unread) == 1


def test_refused_marker_is_not_shown() -> None:
    client = _started_client()
    client.receive(*_targets("bob"))
    client.clear()
    client.receive("FAIL MARKREAD INVALID_PARAMS bob :Cannot do that")
    client.play("")
    assert not client.state.connection.marker_requests


def _at(second: int) -> int:
    return from_iso(f"2026-11-22T12:00:{second:02d}.000Z")


def test_every_move_of_a_marker_is_an_event() -> None:
    client = online_client(MARKERS)
    client.receive(*(privmsg(f"m{second}", "hi", second=second) for second in (1, 2, 3)))
    client.clear()
    _read_until(client, 1)
    _read_until(client, 1)
    client.execute(intents.mark_read, "#tea")
    client.execute(intents.mark_read, "#tea")
    assert client.events == [MarkerMoved("#tea", _at(1)), MarkerMoved("#tea", _at(3))]


def test_room_is_marked_as_read_up_to_a_message() -> None:
    client = _started_client()
    join(client, "#tea")
    client.receive(*history_batch("#tea"))
    client.receive(*(privmsg(f"m{second}", "hi", second=second) for second in (1, 2, 3)))
    client.clear()
    client.execute(intents.mark_read_to, "#tea", _at(2))
    client.play("> MARKREAD #tea timestamp=2026-11-22T12:00:02.000Z")
    client.execute(intents.mark_read_to, "#tea", _at(1))
    client.play("")
    assert list(client.state.rooms["#tea"].unread) == [_at(3)]


def test_deleted_message_is_no_longer_unread() -> None:
    client = online_client(MARKERS)
    client.receive(*(privmsg(f"m{second}", "hi", second=second) for second in (1, 2, 3)))
    client.receive(":bob!b@h REDACT #tea m2", ":bob!b@h REDACT #tea m2", ":bob!b@h REDACT #tea gone")
    assert list(client.state.rooms["#tea"].unread) == [_at(1), _at(3)]


def test_what_follows_the_first_visit_is_unread_after_a_restart() -> None:
    client = _started_client()
    join(client, "#tea")
    client.receive(*history_batch("#tea"))
    marker = "MARKREAD #tea timestamp=2026-11-22T12:00:00.000Z"
    assert client.sent.pop() == marker
    again = _started_client()
    join(again, "#tea")
    again.receive(f":srv {marker}", *history_batch("#tea", privmsg("m1", "anna, tea?", second=9)))
    found = [event for event in again.events if isinstance(event, UnreadMessages)]
    assert [(event.room, event.count) for event in found] == [("#tea", 1)]
    assert not [line for line in again.sent if line.startswith("MARKREAD")]
