"""Asking for the past."""

from app.client.protocol import intents
from app.client.protocol.events import HistoryPage
from tests.client.harness import ClientHarness, online, page, said


def test_the_last_page() -> None:
    bench = online()
    bench.does(intents.show_latest(bench.state, "#tea", 2))
    bench.play("> CHATHISTORY LATEST #tea * 2")
    bench.hears(*page("#tea", said("m1", "one"), said("m2", "two", second=2)))
    bench.play("""
        | [2026-11-22 12:00:01] bob: one
        | [2026-11-22 12:00:02] bob: two
    """)


def test_more_than_a_page_is_fetched_backwards() -> None:
    bench = online(page=2)
    bench.does(intents.show_latest(bench.state, "#tea", 3))
    bench.play("> CHATHISTORY LATEST #tea * 2")
    bench.hears(*page("#tea", said("m2", "two"), said("m3", "three")))
    bench.play("> CHATHISTORY BEFORE #tea msgid=m2 1")
    bench.hears(*page("#tea", said("m1", "one")))
    assert _texts(bench) == ["one", "two", "three"]


def test_between_two_times_everything_is_fetched() -> None:
    bench = online(page=2)
    bench.does(intents.show_between(bench.state, "#tea", 1_795_348_800_000, 1_795_348_860_000))
    bench.play(
        "> CHATHISTORY BETWEEN #tea timestamp=2026-11-22T11:59:59.999Z timestamp=2026-11-22T12:01:00.001Z 2"
    )
    bench.hears(*page("#tea", said("m1", "one"), said("m2", "two")))
    bench.play("> CHATHISTORY BETWEEN #tea msgid=m2 timestamp=2026-11-22T12:01:00.001Z 2")
    bench.hears(*page("#tea"))
    assert _texts(bench) == ["one", "two"]


def test_the_server_limits_the_page() -> None:
    bench = online(isupport="CHATHISTORY=10")
    bench.does(intents.show_latest(bench.state, "#tea", 30))
    bench.play("> CHATHISTORY LATEST #tea * 10")


def test_a_refusal_is_told() -> None:
    bench = online()
    bench.does(intents.show_latest(bench.state, "#vip", 2))
    bench.play("""
        > CHATHISTORY LATEST #vip * 2
        < FAIL CHATHISTORY INVALID_TARGET LATEST #vip :You are not there.
        | ! No history of #vip: You are not there.
    """)


def test_history_does_not_count_as_new() -> None:
    bench = online()
    bench.hears(said("m9", "newest", second=9))
    bench.does(intents.show_latest(bench.state, "#tea", 1))
    bench.hears(*page("#tea", said("m1", "one")))
    assert bench.state.rooms["#tea"].last_msgid == "m9"


def test_nothing_there() -> None:
    bench = online()
    bench.does(intents.show_latest(bench.state, "#tea", 1))
    bench.forget()
    bench.hears(*page("#tea"))
    bench.play("| No messages of #tea there.")


def test_a_labelled_answer_around_a_page_is_understood() -> None:
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
