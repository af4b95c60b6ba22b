"""Messages of several lines, and the wrapping of lines at the width of the terminal."""

from datetime import UTC

import pytest

from app.client.display.display_context import DisplayContext
from app.client.display.rendering import Renderer
from app.client.display.style import Piece, Style
from app.client.display.wrapping import wrap
from app.client.protocol import intents
from app.client.protocol.events import Message
from app.client.protocol.sending import multiline
from app.text.columns import width
from tests.client.harness import CAPABILITIES, NOW, ClientHarness, online_client

MULTILINE = f"{CAPABILITIES} draft/multiline=max-bytes=100,max-lines=3"


def multiline_client() -> ClientHarness:
    """Return a client of a server with the capability."""
    client = ClientHarness()
    client.connect()
    names = " ".join(item.partition("=")[0] for item in MULTILINE.split())
    client.receive(f":srv CAP * LS :{MULTILINE}", f":srv CAP * ACK :{names}", ":srv 001 anna :Welcome")
    client.receive(":anna!~anna@host JOIN #tea * :anna")
    client.clear()
    return client


def test_lines_are_sent_as_one_message_and_confirmed_by_its_label() -> None:
    client = multiline_client()
    client.execute(intents.send_lines_as_one, "#tea", "one\n\n three")
    client.play("""
        > @label=1 BATCH +m1 draft/multiline #tea
        > @batch=m1 PRIVMSG #tea one
        > @batch=m1 PRIVMSG #tea :
        > @batch=m1 PRIVMSG #tea : three
        > BATCH -m1
        < @label=1;msgid=x;time=2026-11-22T12:00:05.000Z :anna!~a@h BATCH +q draft/multiline #tea
        < @batch=q :anna!~a@h PRIVMSG #tea one
        < @batch=q :anna!~a@h PRIVMSG #tea :
        < @batch=q :anna!~a@h PRIVMSG #tea : three
    """)
    client.receive("BATCH -q")
    assert [event.text for event in client.events if isinstance(event, Message)] == ["one\n\n three"]
    assert not client.state.pending


def test_continued_line_is_joined_without_a_line_break() -> None:
    client = multiline_client()
    client.receive(
        "@msgid=m :bob!~b@h BATCH +1 draft/multiline #tea",
        "@batch=1 :bob!~b@h PRIVMSG #tea :long ",
        "@batch=1;draft/multiline-concat :bob!~b@h PRIVMSG #tea :line",
        "@batch=1 :bob!~b@h PRIVMSG #tea :next",
        "BATCH -1",
    )
    assert [event.text for event in client.events if isinstance(event, Message)] == ["long line\nnext"]


def test_message_of_several_lines_in_a_page_of_history_is_one_message() -> None:
    client = multiline_client()
    client.execute(intents.show_latest, "#tea", 2)
    client.receive(
        ":srv BATCH +h chathistory #tea",
        "@batch=h;msgid=a;time=2026-11-22T12:00:01.000Z :bob!~b@h PRIVMSG #tea :before",
        "@batch=h;msgid=m;time=2026-11-22T12:00:02.000Z :bob!~b@h BATCH +1 draft/multiline #tea",
        "@batch=1 :bob!~b@h PRIVMSG #tea one",
        "@batch=1 :bob!~b@h PRIVMSG #tea two",
        "BATCH -1",
        ":srv BATCH -h",
    )
    page = next(event for event in client.events if hasattr(event, "messages"))
    assert [message.text for message in page.messages] == ["before", "one\ntwo"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\nb\nc", ""),
        ("a\nb\nc\nd", "one message has at most 3 lines"),
        (f"{'x' * 60}\n{'y' * 60}", "one message has at most 100 bytes"),
    ],
)
def test_limits_of_the_server_are_respected(text: str, reason: str) -> None:
    assert multiline.explain_excess(multiline_client().state, "#tea", text) == reason


def test_server_without_the_capability_gets_single_lines() -> None:
    assert "does not support" in multiline.explain_excess(online_client().state, "#tea", "a\nb")


def line(text: str, style: Style = Style.PLAIN) -> list[Piece]:
    """Return a line with a timestamp."""
    return [Piece("[12:00] ", Style.DIM), Piece(text, style)]


def texts(lines: list[list[Piece]]) -> list[str]:
    """Return the texts of lines."""
    return ["".join(piece.text for piece in pieces) for pieces in lines]


def test_long_line_is_wrapped_at_words_below_its_timestamp() -> None:
    assert texts(wrap(line("anna: the kettle is on and the leaves are green"), 30)) == [
        "[12:00] anna: the kettle is on",
        "        and the leaves are",
        "        green",
    ]


def test_wide_characters_count_two_columns_when_wrapping() -> None:
    wrapped = texts(wrap(line("\u8336\u8336\u8336 \u8336\u8336\u8336 \u8336\u8336\u8336"), 24))
    assert len(wrapped) == 2
    assert all(width(text) <= 24 for text in wrapped)


def test_word_longer_than_a_line_stays_whole() -> None:
    address = "https://example.org/" + "x" * 50
    assert texts(wrap(line(f"see {address} now"), 30)) == [
        "[12:00] see",
        f"        {address}",
        "        now",
    ]


def test_wrapping_follows_the_present_width_and_shortens_times() -> None:
    widths = iter([100, 40])
    renderer = Renderer(
        DisplayContext("#tea", zone=UTC), has_colours=False, has_days=False, get_columns=lambda: next(widths)
    )
    message = Message("#tea", "bob", "one two three four five six seven", NOW)
    assert renderer.render(message) == ["[2026-11-22 12:00:05] bob: one two three four five six seven"]
    assert renderer.render(message) == ["[12:00] bob: one two three four five", "        six seven"]


def test_secret_sent_to_a_service_is_not_shown() -> None:
    renderer = Renderer(DisplayContext("#tea", "anna", UTC), has_colours=False, has_days=False)
    message = Message("NickServ", "anna", "IDENTIFY secret", NOW, is_mine=True, is_direct=True)
    assert renderer.render(message) == ["[2026-11-22 12:00:05] anna \u2192 NickServ: IDENTIFY ***"]
