"""Commands that show earlier messages."""

from app.client.protocol import intents
from app.client.protocol.history.pages import CAPABILITY as HISTORY
from app.client.protocol.history.pages import MAX_SHOWN_MESSAGES
from app.client.protocol.history.search import CAPABILITY as SEARCH
from app.client.protocol.history.search import parse_search
from app.client.ui.command_registry import Rest, command
from app.client.ui.controller import Controller
from app.client.ui.questions import Question
from app.text.local_time import WallClock
from app.text.periods import parse_span


@command(needs=HISTORY)
def history(controller: Controller, when: Rest | None = None) -> None:
    """Show earlier messages: the latest ones, or those of a period.

    /history                          prompts for the period
    /history 20                       the last 20 messages, at most 1,000
    /history 2h                       the last two hours
    /history yesterday 10:00          since then
    /history 2026-11-01 10:00 now     between two times
    /history 2026-07 2026-07          all of July 2026

    Times are local. A day, week (2026-W29), month or year includes all of it.
    """
    room = controller.room
    if when is None:
        _ask_period(controller, room)
    elif count := _parse_count(when):
        controller.driver.execute(intents.show_latest, room, count)
    else:
        _show_period(controller, room, when)


def _parse_count(text: str) -> int | None:
    """Return the number of messages that a text asks for; a larger number is a year or a date."""
    text = text.strip()
    is_short = text.isdecimal() and len(text) <= len(str(MAX_SHOWN_MESSAGES))
    return max(1, int(text)) if is_short and int(text) <= MAX_SHOWN_MESSAGES else None


def _ask_period(controller: Controller, room: str) -> None:
    def on_start(start: str) -> None:
        if not start.strip():
            controller.driver.execute(intents.show_latest, room, controller.state.options.page_size)
        elif count := _parse_count(start):
            controller.driver.execute(intents.show_latest, room, count)
        else:
            parse_span(start, _clock(controller))
            controller.ask(
                Question(
                    "Until (Enter = now): ",
                    lambda end: _show_period(controller, room, f"{start} {end or 'now'}"),
                )
            )

    prompt = "History since (a time such as 2h or 2026-11-01 10:00; press Enter for the latest): "
    controller.ask(Question(prompt, on_start))


def _show_period(controller: Controller, room: str, text: str) -> None:
    period = parse_span(text, _clock(controller))
    controller.driver.execute(intents.show_between, room, period.first, period.last)


def _clock(controller: Controller) -> WallClock:
    return WallClock(controller.driver.clock.now(), controller.view.zone)


@command(needs=SEARCH)
def search(controller: Controller, query: Rest) -> None:
    """Search the messages you may read.

    /search green tea                       both words, in any case and inside longer words
    /search "green tea"                     the exact phrase
    /search tea from:anna in:#kitchen       by sender and room
    /search tea after:yesterday before:2h   by time
    /search in:bob after:2026-11-01 10:00   in the conversation with bob

    Times are local. A day, week, month or year stands for its start.
    """
    controller.driver.execute(intents.search, parse_search(query, _clock(controller)))
