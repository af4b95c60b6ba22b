"""Asking the server for the past (IRCv3 draft/chathistory).

A request is answered by one batch, or refused by one FAIL, in the order of asking; so the requests wait in
a queue and each carries what to do with its answer. Long answers are fetched page after page.
"""

from app.client.protocol.dispatch import param, send
from app.client.protocol.effects import Effects
from app.client.protocol.events import HistoryPage, Message, Notice
from app.client.protocol.messages import to_message
from app.client.protocol.model import ClientState, OpenBatch, PendingRequest
from app.clock import to_iso
from app.wire.line import Line
from app.wire.names import fold

MAX_SHOWN = 1_000  # messages shown for one question; the rest is asked for again
CAPABILITY = "draft/chathistory"


def page_limit(state: ClientState) -> int:
    """Return how many messages to ask for at once."""
    allowed = state.connection.limit("CHATHISTORY")
    return min(state.options.page, allowed) if allowed else state.options.page


def reference(message: Message) -> str:
    """Return how the server is told about a message."""
    return f"msgid={message.msgid}" if message.msgid else f"timestamp={to_iso(message.at)}"


def ask(state: ClientState, request: PendingRequest, subcommand: str, *positions: str) -> Effects:
    """Send a request and remember it until it is answered."""
    state.connection.requests.append(request)
    yield send("CHATHISTORY", subcommand, request.target, *positions, str(request.limit))


def page(state: ClientState, batch: OpenBatch) -> Effects:
    """A page came: do what its request says."""
    request = _take(state, batch.params[:1])
    if request is None:
        return
    lines = [line for line in batch.lines if line.command in ("PRIVMSG", "NOTICE")]
    found = [to_message(state, line, request.target) for line in lines]
    yield from request.then(state, request, [message for message in found if message])


def refused(state: ClientState, line: Line) -> Effects:
    """The server refuses a page: let the request say what then."""
    request = _take(state, line.params[2:-1]) or _take(state, [])
    if request is not None:
        yield from request.otherwise(state, request, param(line, -1))


def _take(state: ClientState, names: list[str]) -> PendingRequest | None:
    """Take the oldest request about one of these names; when none is named, the oldest."""
    keys = {fold(name) for name in names}
    requests = state.connection.requests
    matching = next((request for request in requests if fold(request.target) in keys), None)
    chosen = matching or (requests[0] if requests and not names else None)
    if chosen is not None:
        requests.remove(chosen)
    return chosen


def show_latest(state: ClientState, target: str, wanted: int) -> Effects:
    """Show the last messages of a room or conversation."""
    wanted = min(wanted, MAX_SHOWN)
    limit = min(wanted, page_limit(state))
    yield from ask(state, PendingRequest(target, limit, _older, _sorry, wanted=wanted), "LATEST", "*")


def _older(state: ClientState, request: PendingRequest, messages: list[Message]) -> Effects:
    """Put a page before what was collected; fetch another while more is wanted and there is more."""
    request.collected[:0] = messages
    missing = request.wanted - len(request.collected)
    if not messages or missing <= 0:
        yield HistoryPage(request.target, tuple(request.collected[-request.wanted :]))
        return
    request.limit = min(missing, page_limit(state))
    yield from ask(state, request, "BEFORE", reference(request.collected[0]))


def show_between(state: ClientState, target: str, since: int, until: int) -> Effects:
    """Show what was said between two instants, both included."""
    request = PendingRequest(
        target, page_limit(state), _newer, _sorry, until=f"timestamp={to_iso(until + 1)}"
    )
    yield from ask(state, request, "BETWEEN", f"timestamp={to_iso(since - 1)}", request.until)


def _newer(state: ClientState, request: PendingRequest, messages: list[Message]) -> Effects:
    """Put a page behind what was collected; fetch another until there is nothing or it is enough."""
    request.collected.extend(messages)
    if not messages or len(request.collected) >= MAX_SHOWN:
        yield HistoryPage(request.target, tuple(request.collected), is_cut=bool(messages))
        return
    yield from ask(state, request, "BETWEEN", reference(messages[-1]), request.until)


def _sorry(state: ClientState, request: PendingRequest, reason: str) -> Effects:
    """Say why there is no history; what was fetched before is shown."""
    if request.collected:
        yield HistoryPage(request.target, tuple(request.collected), is_cut=True)
    yield Notice(f"No history of {request.target}: {reason}", is_error=True)
