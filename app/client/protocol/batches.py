"""Batches: lines that belong together are collected until their batch ends (IRCv3 batch).

A history page is then handed over whole, so a connection cut in the middle of one leaves no half page behind.
Other batches only group: their lines are handled one after the other.
"""

from app.client.protocol import history, pending, resume, search
from app.client.protocol.dispatch import HANDLERS, param
from app.client.protocol.effects import Effects
from app.client.protocol.events import Notice
from app.client.protocol.model import ClientState, OpenBatch
from app.client.protocol.replies import unknown
from app.wire.line import Line

MAX_BATCH_LINES = 20_000  # lines collected in one batch; more is not a page but a fault
MAX_OPEN_BATCHES = 100  # batches open at once


def route(state: ClientState, line: Line) -> Effects:
    """Collect a line that belongs to a batch, handle any other at once."""
    if line.command == "BATCH":
        yield from _mark(state, line)
        return
    batch = state.connection.batches.get(line.tags.get("batch", ""))
    if batch is None:
        yield from handle(state, line)
    elif len(batch.lines) < MAX_BATCH_LINES:
        batch.lines.append(line)


def handle(state: ClientState, line: Line) -> Effects:
    """Give a line to the handler of its command; an error about a line of our own goes to that line."""
    refused = list(pending.refuse(state, line)) if _is_error(line) else []
    yield from refused or HANDLERS.get(line.command, unknown)(state, line)


def _is_error(line: Line) -> bool:
    """Whether a line says that something did not work."""
    return line.command == "FAIL" or (line.command.isdecimal() and "400" <= line.command < "600")


def _mark(state: ClientState, line: Line) -> Effects:
    """A batch begins or ends."""
    reference = param(line, 0)
    batches = state.connection.batches
    if reference.startswith("+") and len(batches) < MAX_OPEN_BATCHES:
        batches[reference[1:]] = OpenBatch(param(line, 1), line.params[2:], line)
    elif reference.startswith("+"):
        yield Notice("the server opens more batches than this program follows", is_error=True)
    elif reference[1:] in batches:
        yield from _close(state, batches.pop(reference[1:]))


def _close(state: ClientState, batch: OpenBatch) -> Effects:
    """Hand over what a batch collected."""
    if batch.kind == "chathistory":
        yield from history.page(state, batch)
    elif batch.kind == search.CAPABILITY:
        yield from search.answer(state, batch)
    elif batch.kind == "draft/chathistory-targets":
        yield from resume.targets(state, batch)
    else:
        yield from _replay(state, batch)


def _replay(state: ClientState, batch: OpenBatch) -> Effects:
    """Handle the lines of a batch that only groups; the label of a labelled answer holds for each."""
    label = batch.opening.tags.get("label")
    for line in batch.lines:
        if label:
            line.tags.setdefault("label", label)
        yield from handle(state, line)
