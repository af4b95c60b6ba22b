"""Responses to commands, labelled if requested.

See https://ircv3.net/specs/extensions/labeled-response.

Entries are encoded on delivery, because an event gets its id and time when it is stored.
"""

from dataclasses import dataclass, field

from app.engine.delivery.client import Client
from app.engine.delivery.encode import encode
from app.events import Event
from app.wire.framing import truncate_line
from app.wire.line import LINE_END, format_tags


@dataclass(slots=True)
class ResponseEntry:
    """A part of a response: lines of text or an event, and the tags of each line.

    `event` is the event that the text represents, if any.
    """

    content: str | Event
    tags: dict[str, str] = field(default_factory=dict)
    event: Event | None = None

    @property
    def shown_event(self) -> Event | None:
        """The event that the entry contains or represents."""
        return self.content if isinstance(self.content, Event) else self.event

    def render(self, shape: int, extra: dict[str, str]) -> bytes:
        """Encode the lines with their own and the extra tags; overlong lines are truncated."""
        tags = self.tags | extra
        if isinstance(self.content, Event):
            return encode(self.content, shape, tags)
        section = f"@{format_tags(tags)} " if tags else ""
        lines = map(truncate_line, self.content.split(LINE_END))
        return f"{section}{f'{LINE_END}{section}'.join(lines)}{LINE_END}".encode()

    @property
    def is_one_line(self) -> bool:
        """Whether the entry encodes as one line, or as the batch of a single event."""
        return isinstance(self.content, Event) or LINE_END not in self.content


@dataclass(slots=True)
class Response:
    """The reply to one command of a client; `end` closes the connection after it.

    If all entries form a single batch, that batch carries the label; `batched` is its length.
    """

    client: Client
    server: str = ""  # source of ACK and BATCH lines
    label: str | None = None
    batch: str = ""  # reference tag of the labeled-response batch, if one is needed
    entries: list[ResponseEntry] = field(default_factory=list)
    batched: int = 0  # number of leading entries that form one batch
    end: bool = False

    def render(self) -> bytes:
        """Encode all lines, with the label if the command had one."""
        shape = self.client.shape
        if self.label is None:
            return b"".join(entry.render(shape, {}) for entry in self.entries)
        label = {"label": self.label}
        if not self.entries:
            return ResponseEntry(f":{self.server} ACK").render(shape, label)
        if self._is_one_line or self.batched == len(self.entries):
            first, *others = self.entries
            return first.render(shape, label) + b"".join(entry.render(shape, {}) for entry in others)
        return self._wrapped(shape, label)

    @property
    def _is_one_line(self) -> bool:
        return len(self.entries) == 1 and self.entries[0].is_one_line

    def _wrapped(self, shape: int, label: dict[str, str]) -> bytes:
        batch = {"batch": self.batch}
        lines = [ResponseEntry(f":{self.server} BATCH +{self.batch} labeled-response").render(shape, label)]
        lines += (entry.render(shape, {} if "batch" in entry.tags else batch) for entry in self.entries)
        lines.append(ResponseEntry(f":{self.server} BATCH -{self.batch}").render(shape, {}))
        return b"".join(lines)
