"""Requesting history."""

from zoneinfo import ZoneInfo

from app.client.protocol import intents
from app.client.protocol.events import HistoryPage
from app.clock import from_iso
from app.text.local_time import WallClock
from app.text.periods import parse_span
from tests.client.harness import ClientHarness, history_batch, online_client, privmsg


def test_latest_page_is_shown() -> None:
    client = online_client()
    client.execute(intents.show_latest, "#tea", 2)
    client.play("> CHATHISTORY LATEST #tea * 2")
    client.receive(*history_batch("#tea", privmsg("m1", "one"), privmsg("m2", "two", second=2)))
    client.play("""
        | [2026-11-22 12:00:01] bob: one
        | [2026-11-22 12:00:02] bob: two
    """)


def test_several_pages_are_fetched_backwards() -> None:
    client = online_client(page_size=2)
    client.execute(intents.show_latest, "#tea", 3)
    client.play("> CHATHISTORY LATEST #tea * 2")
    client.receive(*history_batch("#tea", privmsg("m2", "two"), privmsg("m3", "three")))
    client.play("> CHATHISTORY BEFORE #tea msgid=m2 1")
    client.receive(*history_batch("#tea", privmsg("m1", "one")))
    assert _texts(client) == ["one", "two", "three"]


def test_period_is_fetched_completely() -> None:
    client = online_client(page_size=2)
    client.execute(intents.show_between, "#tea", 1_795_348_800_000, 1_795_348_860_000)
    client.play(
        "> CHATHISTORY BETWEEN #tea timestamp=2026-11-22T11:59:59.999Z timestamp=2026-11-22T12:01:00.001Z 2"
    )
    client.receive(*history_batch("#tea", privmsg("m1", "one"), privmsg("m2", "two")))
    client.play("> CHATHISTORY BETWEEN #tea msgid=m2 timestamp=2026-11-22T12:01:00.001Z 2")
    client.receive(*history_batch("#tea"))
    assert _texts(client) == ["one", "two"]


def test_page_size_respects_the_limit_of_the_server() -> None:
    client = online_client(isupport="CHATHISTORY=10")
    client.execute(intents.show_latest, "#tea", 30)
    client.play("> CHATHISTORY LATEST #tea * 10")


def test_refused_history_shows_the_reason() -> None:
    client = online_client()
    client.execute(intents.show_latest, "#vip", 2)
    client.play("""
        > CHATHISTORY LATEST #vip * 2
        < FAIL CHATHISTORY INVALID_TARGET LATEST #vip :You are not there.
        | ! Cannot show the history of #vip: You are not there.
    """)


def test_history_does_not_move_the_resume_position() -> None:
    client = online_client()
    client.receive(privmsg("m9", "newest", second=9))
    client.execute(intents.show_latest, "#tea", 1)
    client.receive(*history_batch("#tea", privmsg("m1", "one")))
    assert client.state.rooms["#tea"].last_msgid == "m9"


def test_period_in_summer_is_requested_with_the_offset_of_summer() -> None:
    client = online_client()
    berlin = WallClock(from_iso("2026-11-25T12:00:00Z"), ZoneInfo("Europe/Berlin"))
    period = parse_span("2026-07-15 10:00 2026-07-15 11:00", berlin)
    client.execute(intents.show_between, "#tea", period.first, period.last)
    client.play(
        "> CHATHISTORY BETWEEN #tea timestamp=2026-07-15T07:59:59.999Z timestamp=2026-07-15T09:00:00.001Z 50"
    )


def test_empty_history_is_reported() -> None:
    client = online_client()
    client.execute(intents.show_latest, "#tea", 1)
    client.clear()
    client.receive(*history_batch("#tea"))
    client.play("| No messages in #tea in that period.")


def test_page_inside_a_labeled_response_is_shown() -> None:
    client = online_client()
    client.execute(intents.show_latest, "#tea", 1)
    client.clear()
    inner = history_batch("#tea", privmsg("m1", "one"), reference="in")
    inner[0], inner[-1] = f"@batch=out {inner[0]}", f"@batch=out {inner[-1]}"
    client.receive(":srv BATCH +out labeled-response", *inner, ":srv BATCH -out")
    assert _texts(client) == ["one"]


def _texts(client: ClientHarness) -> list[str]:
    shown = client.events[-1]
    assert isinstance(shown, HistoryPage)
    return [message.text for message in shown.messages]
