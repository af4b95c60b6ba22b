"""Fetches history page by page for a view that scrolls.

Each request is answered with `HistoryFetched` or `HistoryRefused`. What is fetched does not count
as shown: neither the unread messages nor the position for resuming are affected.
"""

from app.client.protocol.effects import Effects
from app.client.protocol.events import Direction, HistoryFetched, HistoryRefused
from app.client.protocol.history import pages
from app.client.protocol.history.received_page import ReceivedPage
from app.client.protocol.model import ClientState, PendingRequest

LATEST = "*"  # the reference of the end of the history


def fetch_latest(state: ClientState, room: str, limit: int) -> Effects:
    """Fetch the latest messages of a room or conversation."""
    yield from _fetch(state, room, Direction.LATEST, LATEST, limit)


def fetch_before(state: ClientState, room: str, reference: str, limit: int) -> Effects:
    """Fetch the messages before a reference: `HistoryFetched.first` or `history_reference`."""
    yield from _fetch(state, room, Direction.BEFORE, reference, limit)


def fetch_after(state: ClientState, room: str, reference: str, limit: int) -> Effects:
    """Fetch the messages after a reference: `HistoryFetched.last` or `history_reference`."""
    yield from _fetch(state, room, Direction.AFTER, reference, limit)


def fetch_around(state: ClientState, room: str, msgid: str, limit: int) -> Effects:
    """Fetch a message with those before and after it."""
    yield from _fetch(state, room, Direction.AROUND, f"msgid={msgid}", limit)


def _fetch(state: ClientState, room: str, direction: Direction, reference: str, limit: int) -> Effects:
    if reason := _explain_unavailable(state):
        yield HistoryRefused(room, direction, reference, reason)
        return
    maximum = state.connection.isupport_number("CHATHISTORY") or limit
    request = PendingRequest(room, min(limit, maximum), _on_page, _on_refused, reference, direction=direction)
    yield from pages.send_request(state, request, direction.value, reference)


def _explain_unavailable(state: ClientState) -> str:
    if not state.is_online:
        return "there is no connection"
    return "" if state.has(pages.CAPABILITY) else "the server has no history"


def _on_page(state: ClientState, request: PendingRequest, page: ReceivedPage) -> Effects:
    yield HistoryFetched(
        request.target, page.events, request.direction, request.reference, page.is_end, page.first, page.last
    )


def _on_refused(state: ClientState, request: PendingRequest, reason: str) -> Effects:
    yield HistoryRefused(request.target, request.direction, request.reference, reason)


def on_connection_lost(state: ClientState) -> Effects:
    """Refuse the requests that were not answered."""
    for request in state.connection.history_requests:
        if request.on_page is _on_page:
            yield from _on_refused(state, request, "the connection was lost")
