"""Requests history (https://ircv3.net/specs/extensions/chathistory).

The server replies to each request with one batch or one FAIL, in order. Pending requests are kept
in a queue, each with the handlers of its reply. Long histories are fetched page by page.
"""

from app.client.protocol.effects import Effects
from app.client.protocol.events import HistoryPage, Message, Notice
from app.client.protocol.exchanges import OpenBatch
from app.client.protocol.history.playback import to_event
from app.client.protocol.history.received_page import ReceivedPage
from app.client.protocol.lines import line_time, param, send
from app.client.protocol.messaging.references import add_quotes
from app.client.protocol.model import ClientState, PendingRequest
from app.clock import to_iso
from app.wire.line import Line
from app.wire.names import fold

MAX_SHOWN_MESSAGES = 1_000  # in reply to one command of the user
CAPABILITY = "draft/chathistory"
END_TAG = "draft/chathistory-end"  # on the batch of a page after which there is nothing


def page_limit(state: ClientState) -> int:
    """Return the number of messages to request per page."""
    server_limit = state.connection.isupport_number("CHATHISTORY")
    return min(state.options.page_size, server_limit) if server_limit else state.options.page_size


def reference(message: Message) -> str:
    """Return the message reference (`msgid=` or `timestamp=`) of a message for a request."""
    return _format_reference(message.msgid, message.at)


def _format_reference(msgid: str, at: int) -> str:
    return f"msgid={msgid}" if msgid else f"timestamp={to_iso(at)}"


def send_request(state: ClientState, request: PendingRequest, subcommand: str, *positions: str) -> Effects:
    """Send a request and queue it until its reply arrives."""
    request.sent = (subcommand, *positions)
    state.connection.history_requests.append(request)
    yield send("CHATHISTORY", subcommand, request.target, *positions, str(request.limit))


def on_history_batch(state: ClientState, batch: OpenBatch) -> Effects:
    """Pass a page to the handler of its request."""
    request = _pop_request(state, batch.params[:1])
    if request is None:
        return
    yield from request.on_page(state, request, _read_page(state, request, batch))


def _read_page(state: ClientState, request: PendingRequest, batch: OpenBatch) -> ReceivedPage:
    lines, target = batch.lines, request.target
    first = _line_reference(state, lines[0]) if lines else ""
    last = _line_reference(state, lines[-1]) if lines else ""
    events = [event for line in lines if (event := to_event(state, line, target))]
    return ReceivedPage(
        tuple(add_quotes(state.find_room(target), events)),
        first=first,
        last=last,
        line_count=len(lines),
        is_last=END_TAG in batch.opening.tags or _leads_nowhere(request, first, last),
    )


def _leads_nowhere(request: PendingRequest, first: str, last: str) -> bool:
    """Whether the next page would begin at the same position: the server repeats a page."""
    subcommand, position = request.sent[:2]
    next_positions = {"BEFORE": (first,), "AFTER": (last,), "BETWEEN": (first, last)}
    return position in next_positions.get(subcommand, ())


def _line_reference(state: ClientState, line: Line) -> str:
    return _format_reference(line.tags.get("msgid", ""), line_time(state, line))


def on_history_fail(state: ClientState, line: Line) -> Effects:
    """Pass a refusal to the error handler of its request."""
    request = _pop_request(state, line.params[2:-1]) or _pop_request(state, [])
    if request is not None:
        yield from request.on_error(state, request, param(line, -1))


def _pop_request(state: ClientState, targets: list[str]) -> PendingRequest | None:
    """Remove and return the oldest request for any of the targets; without targets, the oldest."""
    keys = {fold(target) for target in targets}
    requests = state.connection.history_requests
    matching = next((request for request in requests if fold(request.target) in keys), None)
    request = matching or (requests[0] if requests and not targets else None)
    if request is not None:
        requests.remove(request)
    return request


def show_latest(state: ClientState, target: str, count: int) -> Effects:
    """Show the latest messages of a room or conversation."""
    total = min(count, MAX_SHOWN_MESSAGES)
    request = PendingRequest(target, min(total, page_limit(state)), _on_older_page, _on_refused, total=total)
    yield from send_request(state, request, "LATEST", "*")


def _on_older_page(state: ClientState, request: PendingRequest, page: ReceivedPage) -> Effects:
    """Prepend a page; request the next page if messages are still missing."""
    request.collected[:0] = page.messages
    missing = request.total - len(request.collected)
    if page.is_end or missing <= 0:
        yield HistoryPage(request.target, _messages(request)[-request.total :])
        return
    request.limit = min(missing, page_limit(state))
    yield from send_request(state, request, "BEFORE", page.first)


def _messages(request: PendingRequest) -> tuple[Message, ...]:
    return tuple(event for event in request.collected if isinstance(event, Message))


def show_between(state: ClientState, target: str, since: int, until: int) -> Effects:
    """Show the messages between two times, inclusive."""
    request = PendingRequest(
        target, page_limit(state), _on_newer_page, _on_refused, until=f"timestamp={to_iso(until + 1)}"
    )
    yield from send_request(state, request, "BETWEEN", f"timestamp={to_iso(since - 1)}", request.until)


def _on_newer_page(state: ClientState, request: PendingRequest, page: ReceivedPage) -> Effects:
    """Append a page; request the next one, unless this is the end or the limit is reached."""
    request.collected.extend(page.messages)
    if page.is_end or len(request.collected) >= MAX_SHOWN_MESSAGES:
        yield HistoryPage(request.target, _messages(request), is_truncated=not page.is_end)
        return
    yield from send_request(state, request, "BETWEEN", page.last, request.until)


def _on_refused(state: ClientState, request: PendingRequest, reason: str) -> Effects:
    """Show the messages fetched before the request was refused, and the reason."""
    if request.collected:
        yield HistoryPage(request.target, _messages(request), is_truncated=True)
    yield Notice(f"Cannot show the history of {request.target}: {reason}", is_error=True)
