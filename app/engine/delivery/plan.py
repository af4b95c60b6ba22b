"""What a batch is going to deliver: a list of events for audiences and of responses, in the order of decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.delivery.response import Response, ResponseEntry
from app.events import Event


@dataclass(slots=True)
class Broadcast:
    """An event for an audience. The author's own client is passed over: it has its copy in a response."""

    event: Event
    audience: Audience
    author: Client | None = None


Plan = list[Broadcast | Response]


def split_remote(plan: Plan, news: Sequence[Event]) -> tuple[Plan, Plan]:
    """Divide what the news bring into the news themselves and what follows from them, which gets later rows."""
    theirs = set(map(id, news))
    parts: tuple[Plan, Plan] = ([], [])
    for item in plan:
        parts[not (isinstance(item, Broadcast) and id(item.event) in theirs)].append(item)
    return parts


def without_events(plan: Plan, lines: Mapping[int, str]) -> Plan:
    """Return the plan without the events known by these `id`s; their authors are told the line of each in its place."""
    shown = _replaced(plan, lines)
    left: Plan = []
    for place, item in enumerate(plan):
        if not isinstance(item, Broadcast) or id(item.event) not in lines:
            left.append(item)
        elif item.author is not None and id(item.event) not in shown:
            entry = ResponseEntry(lines[id(item.event)])
            empty = _empty_response(plan[place:], item.author)
            if empty is None:
                left.append(Response(item.author, entries=[entry]))
            else:
                empty.entries.append(entry)
    return left


def _replaced(plan: Plan, lines: Mapping[int, str]) -> set[int]:
    """Put the lines in the place of the events, known by their `id`, that authors would be shown; return which."""
    shown = set()
    for item in plan:
        for entry in () if isinstance(item, Broadcast) else item.entries:
            if id(entry.shown_event) in lines:
                shown.add(id(entry.shown_event))
                entry.content = lines[id(entry.shown_event)]
    return shown


def _empty_response(plan: Plan, client: Client) -> Response | None:
    """Return the bare acknowledgement that a client would be given next, or None."""
    return next(
        (
            item
            for item in plan
            if isinstance(item, Response) and item.client is client and not (item.entries or item.end)
        ),
        None,
    )
