"""Messages of several lines (https://ircv3.net/specs/extensions/multiline)."""

from collections.abc import Iterator

from app.client.protocol.effects import Send
from app.client.protocol.exchanges import OpenBatch
from app.client.protocol.lines import send
from app.client.protocol.model import ClientState, PendingMessage
from app.client.protocol.sending.splitting import max_text_bytes
from app.text.graphemes import split_text
from app.wire.framing import MAX_LINE_BYTES, byte_length
from app.wire.line import Line, format_line
from app.wire.multiline import CONCAT_TAG, MessageLine, combine
from app.wire.numbers import parse_number

CAPABILITY = "draft/multiline"


def explain_excess(state: ClientState, target: str, text: str) -> str:
    """Return why a text cannot be one message, or "" if it can."""
    if not state.has(CAPABILITY):
        return "the server does not support messages of several lines"
    limits = _limits(state)
    if byte_length(text) > limits.get("max-bytes", byte_length(text)):
        return f"one message has at most {limits['max-bytes']} bytes"
    count = len(list(_split(state, target, text)))
    if count > limits.get("max-lines", count):
        return f"one message has at most {limits['max-lines']} lines"
    return ""


def _limits(state: ClientState) -> dict[str, int]:
    """Return the limits in the value of the capability."""
    items = (item.partition("=") for item in state.connection.offered.get(CAPABILITY, "").split(","))
    limits = ((name, parse_number(value)) for name, _, value in items)
    return {name: limit for name, limit in limits if limit is not None}


def _split(state: ClientState, target: str, text: str) -> Iterator[MessageLine]:
    """Yield the lines to send; a line that is too long is continued in the next one."""
    line_bytes = max(MAX_LINE_BYTES, state.connection.isupport_number("LINELEN"))
    limit = max_text_bytes(state.nick, state.connection.mask, target, line_bytes)
    for line in text.split("\n"):
        for index, part in enumerate(split_text(line, limit)):
            yield part, index > 0


def format_lines(state: ClientState, message: PendingMessage, tags: dict[str, str]) -> Iterator[Send]:
    """Yield the batch for a message; `tags` belong to the whole message."""
    reference = f"m{message.number}"
    yield send("BATCH", f"+{reference}", CAPABILITY, message.target, tags=tags)
    for text, is_continuation in _split(state, message.target, message.text):
        line_tags = {"batch": reference} | ({CONCAT_TAG: ""} if is_continuation else {})
        yield Send(format_line("PRIVMSG", [message.target, text], tags=line_tags))
    yield send("BATCH", f"-{reference}")


def join_lines(batch: OpenBatch) -> Line | None:
    """Return a received message of several lines as one line whose text has line breaks."""
    lines = [line for line in batch.lines if line.command in ("PRIVMSG", "NOTICE") and len(line.params) > 1]
    if not lines:
        return None
    text = combine((line.params[1], CONCAT_TAG in line.tags) for line in lines)
    tags = lines[0].tags | batch.opening.tags
    if "batch" not in batch.opening.tags:
        tags.pop("batch", None)
    return Line(lines[0].command, [lines[0].params[0], text], batch.opening.source or lines[0].source, tags)
