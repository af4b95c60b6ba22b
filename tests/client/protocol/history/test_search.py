"""Searching: parsing of queries, requests to the server, and its replies."""

from datetime import UTC

import pytest

from app.client.protocol import intents
from app.client.protocol.history.search import parse_search
from app.client.ui.commands.table import slash_commands
from app.client.ui.completion.candidates import completion_words, find_candidates
from app.clock import from_iso
from app.errors import UsageError
from app.text.local_time import WallClock
from tests.client.harness import CAPABILITIES, ClientHarness, online_client, privmsg

NOW = WallClock(from_iso("2026-11-22T12:00:05Z"), UTC)
SEARCH = f"{CAPABILITIES} soju.im/search"


def client_with_search(query: str) -> ClientHarness:
    """Return a client that has sent a search."""
    client = online_client(SEARCH)
    client.execute(intents.search, parse_search(query, NOW))
    return client


def search_batch(*lines: str) -> list[str]:
    """Return the reply to a search as the server sends it."""
    body = [f"@batch=s;{line.removeprefix('@')}" for line in lines]
    return [":srv BATCH +s soju.im/search", *body, ":srv BATCH -s"]


@pytest.mark.parametrize(
    ("query", "attributes"),
    [
        ("green tea", {"text": "green tea"}),
        ('"green tea" hot', {"text": '"green tea" hot'}),
        ("tea from:anna in:#kitchen", {"text": "tea", "from": "anna", "in": "#kitchen"}),
        ("From: anna tea", {"text": "tea", "from": "anna"}),
        ("what:ever http://x from", {"text": "what:ever http://x from"}),
        ("after:yesterday tea", {"text": "tea", "after": "2026-11-21T00:00:00.000Z"}),
        ("after:yesterday 10:00 tea", {"text": "tea", "after": "2026-11-21T10:00:00.000Z"}),
        ('tea before:"2026-11-01 10:00" 12:00', {"text": "tea 12:00", "before": "2026-11-01T10:00:00.000Z"}),
        (
            "after:3 days ago before:2h tea",
            {"text": "tea", "after": "2026-11-19T12:00:05.000Z", "before": "2026-11-22T10:00:05.000Z"},
        ),
        ("before:2h from:bob", {"from": "bob", "before": "2026-11-22T10:00:05.000Z"}),
    ],
)
def test_query_is_parsed_into_attributes(query: str, attributes: dict[str, str]) -> None:
    assert parse_search(query, NOW).attributes == attributes


def test_query_with_invalid_time_is_refused() -> None:
    with pytest.raises(UsageError, match="Cannot parse 'whenever' as a time"):
        parse_search("tea after:whenever it was", NOW)


def test_matches_show_time_room_and_sender() -> None:
    client = client_with_search("green tea; from:bob")
    client.play(r"> SEARCH from=bob;text=green\stea\:;limit=50")
    direct = "@msgid=m3;time=2026-11-22T12:00:03.000Z :bob!~u@host PRIVMSG anna :tea for you"
    client.receive(
        *search_batch(privmsg("m1", "tea one"), privmsg("m2", "tea two", room="#ops", second=2), direct)
    )
    client.play("""
        | [2026-11-22 12:00:01] bob: tea one
        | [2026-11-22 12:00:02] #ops bob: tea two
        | [2026-11-22 12:00:03] bob → anna: tea for you
    """)


def test_replies_are_matched_to_searches_in_order() -> None:
    client = client_with_search("one")
    client.execute(intents.search, parse_search("two in:#vip", NOW))
    client.play(r"""
        > SEARCH text=one;limit=50
        > SEARCH in=#vip;text=two;limit=50
    """)
    client.receive(*search_batch())
    client.play("""
        | No messages match one.
        < FAIL SEARCH INVALID_PARAMS in :You are not in #vip
        | ! The search failed: You are not in #vip
    """)
    assert not client.state.connection.searches
    client.receive(*search_batch(privmsg("m1", "unsolicited")))
    client.play("")


def test_matches_do_not_move_the_resume_position() -> None:
    client = client_with_search("tea")
    client.clear()
    client.receive(*search_batch(privmsg("m9", "tea", room="#tea", second=9)))
    assert client.state.rooms["#tea"].last_msgid != "m9"


def test_full_page_says_that_there_may_be_more() -> None:
    client = online_client(SEARCH, page_size=1)
    client.execute(intents.search, parse_search("tea", NOW))
    client.receive(*search_batch(privmsg("m1", "tea")))
    title = client.renderer.render(client.events[-1])[0]
    assert title == "── search for tea: 1 message, there may be more ──"


def test_search_is_refused_on_server_without_support() -> None:
    with pytest.raises(UsageError, match="This server does not support /search"):
        slash_commands().get("search", online_client().state)


def test_completion_offers_search_filters() -> None:
    words = completion_words(online_client(SEARCH).state, "#tea", slash_commands())
    assert list(find_candidates("/sea", words)) == ["/search "]
    assert list(find_candidates("/search fr", words)) == ["from:"]
    assert list(find_candidates("/search tea from:b", words)) == ["from:bob "]
    assert list(find_candidates("/search in:#", words)) == ["in:#tea "]
    assert list(find_candidates("say from:b", words)) == []


def test_room_is_found_without_its_prefix() -> None:
    client = online_client(SEARCH)
    client.execute(intents.search, parse_search("kettle in:tea", NOW))
    assert "in=#tea" in client.sent.popleft()
    client.state.open_room("tea")
    client.execute(intents.search, parse_search("kettle in:tea", NOW))
    assert "in=tea" in client.sent.popleft()


def test_empty_result_in_a_conversation_mentions_the_room() -> None:
    client = online_client(SEARCH)
    client.execute(intents.search, parse_search("kettle in:kitchen", NOW))
    client.sent.clear()
    client.receive(":srv BATCH +s soju.im/search", ":srv BATCH -s")
    assert list(client.shown) == [
        "No messages match kettle in:kitchen.",
        "Only the conversation with kitchen was searched. For the room, write in:#kitchen",
    ]


def test_a_search_fails_without_an_answer_from_the_server() -> None:
    client = client_with_search("kettle")
    client.sent.clear()
    client.disconnect()
    assert "! The search failed: the connection was lost" in client.shown
    client.shown.clear()
    client.execute(intents.search, parse_search("kettle", NOW))
    assert list(client.shown) == ["! The search failed: there is no connection"]
    assert not client.sent
