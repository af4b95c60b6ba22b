"""What a client gets back for one command, as one labelled whole (IRCv3 labeled-response).

Entries stay values until they are delivered, because an event has its place and time only after it is stored.
"""

from dataclasses import dataclass, field

from app.engine.delivery.client import Client
from app.engine.delivery.encode import encode
from app.events import Event
from app.wire.framing import truncate
from app.wire.line import LINE_END, format_tags


@dataclass(slots=True)
class ResponseEntry:
    """A part of a response: lines of text without tags, or an event; and the tags added to each line.

    A text may stand for an event: it says in other words that this has happened.
    """

    content: str | Event
    tags: dict[str, str] = field(default_factory=dict)
    event: Event | None = None

    @property
    def shown_event(self) -> Event | None:
        """The event that it tells of, if it does."""
        return self.content if isinstance(self.content, Event) else self.event

    def render(self, shape: int, extra: dict[str, str]) -> bytes:
        """Write each line with its own tags and further ones; a long one is cut."""
        tags = self.tags | extra
        if isinstance(self.content, Event):
            return encode(self.content, shape, tags)
        section = f"@{format_tags(tags)} " if tags else ""
        lines = map(truncate, self.content.split(LINE_END))
        return f"{section}{f'{LINE_END}{section}'.join(lines)}{LINE_END}".encode()

    @property
    def is_one_line(self) -> bool:
        """Whether no more than a line comes of it, or of an event a batch."""
        return isinstance(self.content, Event) or LINE_END not in self.content


@dataclass(slots=True)
class Response:
    """The lines that answer one command of a client; `end` closes the connection behind them.

    Whoever puts all that is said so far into a batch says so by `batched`: that batch carries the label itself, if
    nothing follows it.
    """

    client: Client
    server: str = ""  # who speaks in the lines that a label brings with it
    label: str | None = None
    batch: str = ""  # the id to use if the lines must be wrapped
    entries: list[ResponseEntry] = field(default_factory=list)
    batched: int = 0  # so many entries, from the first on, are one batch
    end: bool = False

    def render(self) -> bytes:
        """Write all lines, labelled if the command was."""
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
