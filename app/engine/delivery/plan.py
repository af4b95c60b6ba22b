"""Plans: the broadcasts and responses that a batch delivers, in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.delivery.response import Response, ResponseEntry
from app.events import Event


@dataclass(slots=True)
class Broadcast:
    """An event for an audience; the author's client receives it in a response instead."""

    event: Event
    audience: Audience
    author: Client | None = None


Plan = list[Broadcast | Response]


def split_remote(plan: Plan, remote_events: Sequence[Event]) -> tuple[Plan, Plan]:
    """Split a plan into remote events and their consequences, which follow them in the log."""
    remote_ids = set(map(id, remote_events))
    parts: tuple[Plan, Plan] = ([], [])
    for item in plan:
        parts[not (isinstance(item, Broadcast) and id(item.event) in remote_ids)].append(item)
    return parts


def without_events(plan: Plan, lines: Mapping[int, str]) -> Plan:
    """Return the plan without the events in `lines` (by `id()`); authors get the line instead."""
    shown = _replaced(plan, lines)
    remaining: Plan = []
    for index, item in enumerate(plan):
        if not isinstance(item, Broadcast) or id(item.event) not in lines:
            remaining.append(item)
        elif item.author is not None and id(item.event) not in shown:
            entry = ResponseEntry(lines[id(item.event)])
            empty = _empty_response(plan[index:], item.author)
            if empty is None:
                remaining.append(Response(item.author, entries=[entry]))
            else:
                empty.entries.append(entry)
    return remaining


def _replaced(plan: Plan, lines: Mapping[int, str]) -> set[int]:
    """Replace events in responses with their lines; return the `id()`s of replaced events."""
    shown = set()
    for item in plan:
        for entry in () if isinstance(item, Broadcast) else item.entries:
            if id(entry.shown_event) in lines:
                shown.add(id(entry.shown_event))
                entry.content = lines[id(entry.shown_event)]
    return shown


def _empty_response(plan: Plan, client: Client) -> Response | None:
    """Return the first empty response (an ACK) to a client, or None."""
    return next(
        (
            item
            for item in plan
            if isinstance(item, Response) and item.client is client and not (item.entries or item.end)
        ),
        None,
    )
