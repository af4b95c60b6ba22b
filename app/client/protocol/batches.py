"""Collects the lines of each batch until it ends (https://ircv3.net/specs/extensions/batch).

A page of history is thus processed as a whole, and a connection lost in the middle of a page leaves
no partial page. Lines of other batches are dispatched one by one when the batch ends.
"""

from app.client.protocol.dispatch import dispatch
from app.client.protocol.effects import Effects
from app.client.protocol.events import Notice
from app.client.protocol.exchanges import OpenBatch
from app.client.protocol.history import pages, resume, search
from app.client.protocol.lines import param
from app.client.protocol.model import ClientState
from app.client.protocol.sending import multiline
from app.wire.line import Line

MAX_BATCH_LINES = 20_000  # per batch; further lines are dropped, but no server sends pages of this size
MAX_BATCH_CHARACTERS = 32 * 1024 * 1024  # in all open batches; further lines are dropped
MAX_OPEN_BATCHES = 100  # the lines of further batches are dispatched immediately


def route(state: ClientState, line: Line) -> Effects:
    """Collect a line that belongs to a batch; dispatch any other line immediately."""
    if line.command == "BATCH":
        yield from _on_batch(state, line)
        return
    batch = state.connection.batches.get(line.tags.get("batch", ""))
    if batch is None:
        yield from dispatch(state, line)
    else:
        _collect(state, batch, line)


def _collect(state: ClientState, batch: OpenBatch, line: Line) -> None:
    collected = sum(other.characters for other in state.connection.batches.values())
    if len(batch.lines) < MAX_BATCH_LINES and collected < MAX_BATCH_CHARACTERS:
        batch.lines.append(line)
        batch.characters += sum(map(len, [*line.params, *line.tags.values()]))


def _on_batch(state: ClientState, line: Line) -> Effects:
    reference = param(line, 0)
    batches = state.connection.batches
    if reference.startswith("+") and len(batches) < MAX_OPEN_BATCHES:
        batches[reference[1:]] = OpenBatch(param(line, 1), line.params[2:], line)
    elif reference.startswith("+"):
        yield Notice("The server has opened too many batches at once.", is_error=True)
    elif reference[1:] in batches:
        yield from _close(state, batches.pop(reference[1:]))


def _close(state: ClientState, batch: OpenBatch) -> Effects:
    if batch.kind == "chathistory":
        yield from pages.on_history_batch(state, batch)
    elif batch.kind == search.CAPABILITY:
        yield from search.on_search_batch(state, batch)
    elif batch.kind == multiline.CAPABILITY:
        message = multiline.join_lines(batch)
        yield from route(state, message) if message else ()
    elif batch.kind == "draft/chathistory-targets":
        yield from resume.on_targets_batch(state, batch)
    else:
        yield from _dispatch_lines(state, batch)


def _dispatch_lines(state: ClientState, batch: OpenBatch) -> Effects:
    """Dispatch the lines of a batch, each with the label of the batch (labeled-response)."""
    label = batch.opening.tags.get("label")
    for line in batch.lines:
        if label:
            line.tags.setdefault("label", label)
        yield from dispatch(state, line)
