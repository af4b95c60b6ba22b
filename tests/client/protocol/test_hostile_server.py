"""A server that attacks the client: absurd numbers, and more data than any server sends."""

from functools import partial

import pytest

from app.client.display.display_context import DisplayContext
from app.client.display.jsonlines import to_json
from app.client.display.rendering import Renderer
from app.client.protocol import batches, model
from app.client.protocol.dispatch import HANDLERS
from app.client.protocol.events import ClientEvent, HistoryFetched
from app.client.protocol.history import fetch, pages
from tests.client.harness import NOW, ClientHarness, history_batch, online_client, privmsg, register
from tests.client.ui.test_defects import OfflineSession

CAPS = "message-tags batch labeled-response draft/chathistory draft/multiline draft/read-marker"
NUMBERS = ["9" * 5000, "9" * 400, "9" * 20, "9" * 18, "9" * 12, "0" * 5000, "٣", "²", "-1", "1e9"]
PLACES = [
    "{0} {0} {0} {0}",
    "anna #tea {0} {0} {0}",
    "anna #tea * bob {0}",
    "* LS :draft/multiline=max-bytes={0}",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_no_number_from_a_server_causes_a_defect(number: str) -> None:
    """Python refuses to parse more than 4,300 digits, and dates end with the year 9999."""
    session = OfflineSession()
    renderer = Renderer(DisplayContext("#tea", "anna"), has_colours=True)

    def show(event: ClientEvent) -> None:
        session.shown.append(event)
        renderer.render(event)
        to_json(event)

    session.driver.show = show
    greeting = [
        f":srv CAP * LS :{CAPS}",
        f":srv CAP * ACK :{CAPS}",
        ":srv 001 anna :Welcome",
        ":anna JOIN #tea",
    ]
    tags = f"@label={number};msgid={number};time={number}"
    limits = f":srv 005 anna CHATHISTORY={number} LINELEN={number} MODES={number} :are supported"
    lines = [f"{tags} :bob!b@h {verb} {place.format(number)}" for verb in HANDLERS for place in PLACES]
    session.run(*(partial(session.receive, line) for line in [*greeting, limits, *lines]))
    assert session.driver.defects == 0, session.errors()


def test_open_batches_hold_a_bounded_amount_of_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_BATCH_CHARACTERS", 10_000)
    client = ClientHarness()
    client.connect()
    for number in range(batches.MAX_OPEN_BATCHES):
        client.receive(f"BATCH +b{number} chathistory #tea")
        client.receive(*[f"@batch=b{number} :bob!b@h PRIVMSG #tea :{'x' * 500}"] * 10)
    collected = sum(len(batch.lines) for batch in client.state.connection.batches.values())
    assert 15 <= collected <= 20


def test_rooms_and_members_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MAX_ROOMS", 10)
    monkeypatch.setattr(model, "MAX_MEMBERS", 100)
    client = online_client()
    for number in range(50):
        nicks = [f"u{number}-{member}" for member in range(10)]
        client.receive(
            f":anna!a@h JOIN #r{number}",
            f":srv 353 anna = #r{number} :anna {' '.join(nicks)}",
            f":srv 366 anna #r{number} :End",
            f":dave!d@h JOIN #r{number}",
        )
    members = sum(len(room.members) for room in client.state.rooms.values())
    assert (len(client.state.rooms), members <= 120) == (10, True)


@pytest.mark.parametrize("kind", ["older", "newer", "resume"])
def test_a_repeated_page_is_not_requested_forever(kind: str) -> None:
    client = online_client(isupport="CHATHISTORY=2", page_size=2)
    if kind == "resume":
        client.receive(privmsg("m0", "before"))
        client.disconnect()
        client.connect()
        register(client)
    elif kind == "older":
        client.execute(pages.show_latest, "#tea", 100)
    else:
        client.execute(pages.show_between, "#tea", 0, NOW)
    joined = ":bob!u@h JOIN #tea"  # no message, so that a limit of messages is never reached
    requests = 0
    while any(line.startswith("CHATHISTORY") for line in client.sent):
        client.sent.clear()
        requests += 1
        assert requests < 5
        times = ("12:00:02", "12:00:03")
        client.receive(
            *history_batch("#tea", *(f"@msgid=j{at};time=2026-11-22T{at}.000Z {joined}" for at in times))
        )
    assert requests


def test_scrolling_ends_where_a_server_repeats_a_page() -> None:
    client = online_client()
    page = history_batch("#tea", privmsg("m1", "one"), privmsg("m2", "two"))
    for intent, reference in ((fetch.fetch_before, "msgid=m1"), (fetch.fetch_after, "msgid=m2")):
        for asked, is_complete in (("msgid=m3", False), (reference, True)):
            client.clear()
            client.execute(intent, "#tea", asked, 2)
            client.receive(*page)
            fetched = [event for event in client.events if isinstance(event, HistoryFetched)]
            assert [event.is_complete for event in fetched] == [is_complete]
