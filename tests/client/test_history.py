"""Asking for the past."""

from app.client.protocol import intents
from app.client.protocol.events import HistoryPage
from tests.client.harness import ClientHarness, online, page, said


def test_latest_page_is_shown() -> None:
    bench = online()
    bench.does(intents.show_latest(bench.state, "#tea", 2))
    bench.play("> CHATHISTORY LATEST #tea * 2")
    bench.hears(*page("#tea", said("m1", "one"), said("m2", "two", second=2)))
    bench.play("""
        | [2026-11-22 12:00:01] bob: one
        | [2026-11-22 12:00:02] bob: two
    """)


def test_several_pages_are_fetched_backwards() -> None:
    bench = online(page_size=2)
    bench.does(intents.show_latest(bench.state, "#tea", 3))
    bench.play("> CHATHISTORY LATEST #tea * 2")
    bench.hears(*page("#tea", said("m2", "two"), said("m3", "three")))
    bench.play("> CHATHISTORY BEFORE #tea msgid=m2 1")
    bench.hears(*page("#tea", said("m1", "one")))
    assert _texts(bench) == ["one", "two", "three"]


def test_period_is_fetched_completely() -> None:
    bench = online(page_size=2)
    bench.does(intents.show_between(bench.state, "#tea", 1_795_348_800_000, 1_795_348_860_000))
    bench.play(
        "> CHATHISTORY BETWEEN #tea timestamp=2026-11-22T11:59:59.999Z timestamp=2026-11-22T12:01:00.001Z 2"
    )
    bench.hears(*page("#tea", said("m1", "one"), said("m2", "two")))
    bench.play("> CHATHISTORY BETWEEN #tea msgid=m2 timestamp=2026-11-22T12:01:00.001Z 2")
    bench.hears(*page("#tea"))
    assert _texts(bench) == ["one", "two"]


def test_page_size_respects_the_limit_of_the_server() -> None:
    bench = online(isupport="CHATHISTORY=10")
    bench.does(intents.show_latest(bench.state, "#tea", 30))
    bench.play("> CHATHISTORY LATEST #tea * 10")


def test_refused_history_shows_the_reason() -> None:
    bench = online()
    bench.does(intents.show_latest(bench.state, "#vip", 2))
    bench.play("""
        > CHATHISTORY LATEST #vip * 2
        < FAIL CHATHISTORY INVALID_TARGET LATEST #vip :You are not there.
        | ! Cannot show the history of #vip: You are not there.
    """)


def test_history_does_not_move_the_resume_position() -> None:
    bench = online()
    bench.hears(said("m9", "newest", second=9))
    bench.does(intents.show_latest(bench.state, "#tea", 1))
    bench.hears(*page("#tea", said("m1", "one")))
    assert bench.state.rooms["#tea"].last_msgid == "m9"


def test_empty_history_is_reported() -> None:
    bench = online()
    bench.does(intents.show_latest(bench.state, "#tea", 1))
    bench.forget()
    bench.hears(*page("#tea"))
    bench.play("| No messages in #tea in that period.")


def test_page_inside_a_labeled_response_is_shown() -> None:
    bench = online()
    bench.does(intents.show_latest(bench.state, "#tea", 1))
    bench.forget()
    inner = page("#tea", said("m1", "one"), reference="in")
    inner[0], inner[-1] = f"@batch=out {inner[0]}", f"@batch=out {inner[-1]}"
    bench.hears(":srv BATCH +out labeled-response", *inner, ":srv BATCH -out")
    assert _texts(bench) == ["one"]


def _texts(bench: ClientHarness) -> list[str]:
    shown = bench.events[-1]
    assert isinstance(shown, HistoryPage)
    return [message.text for message in shown.messages]
