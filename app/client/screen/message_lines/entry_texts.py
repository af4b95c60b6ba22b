"""The text of an entry as it is shown: sanitised, with its formats and links."""

from dataclasses import dataclass, replace
from itertools import pairwise

from app.client.display.display_context import DisplayContext
from app.client.links.finding import find_links
from app.client.screen.message_lines.spans import Role, Span
from app.client.timeline.entry import Entry, EntryKind, Membership
from app.client.timeline.membership import describe_change, summarise
from app.text.formatting import PLAIN, TextFormat, parse_formatting
from app.text.sanitise import FORMATTING_CODES, clean, clean_lines
from app.wire.secrets import mask_message


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a text in one format."""

    start: int
    end: int
    format: TextFormat = PLAIN
    url: str = ""


class StyledText:
    """A text of one or more lines, in runs without gaps."""

    __slots__ = ("_runs", "plain")

    def __init__(self, plain: str, runs: list[Run]) -> None:
        self.plain = plain
        self._runs = runs

    def spans(self, start: int, end: int, role: Role) -> list[Span]:
        """Return the spans of a part of the text."""
        return [
            Span(self.plain[first:last], role, first, run.format, run.url)
            for run in self._runs
            if (first := max(run.start, start)) < (last := min(run.end, end))
        ]

    def with_links(self) -> "StyledText":
        """Return the text with its links."""
        links = find_links(self.plain)
        if not links:
            return self
        edges = sorted({*(edge for link in links for edge in (link.start, link.end)), 0, len(self.plain)})
        urls = {link.start: link.url for link in links}
        runs = [
            replace(run, start=max(run.start, start), end=min(run.end, end), url=urls.get(start, ""))
            for start, end in pairwise(edges)
            for run in self._runs
            if run.start < end and start < run.end
        ]
        return StyledText(self.plain, runs)


def plain_text(text: str) -> StyledText:
    """Return a text without formats, which may have several lines."""
    plain = clean_lines(text)
    return StyledText(plain, [Run(0, len(plain))])


def formatted_text(text: str) -> StyledText:
    """Return the text of a message with its formats; each line begins without any."""
    if not FORMATTING_CODES.search(text):
        return plain_text(text)
    pieces: list[str] = []
    runs: list[Run] = []
    end = 0
    for number, line in enumerate(text.split("\n")):
        for piece, form in [*([("\n", PLAIN)] if number else []), *parse_formatting(line)]:
            pieces.append(piece)
            runs.append(Run(end, end + len(piece), form))
            end += len(piece)
    return StyledText("".join(pieces), runs)


def entry_text(entry: Entry, context: DisplayContext) -> StyledText:
    """Return the text of an entry."""
    details = entry.details
    if details is not None and entry.is_redacted:
        reason = f" ({details.reason})" if details.reason else ""
        return plain_text(f"deleted by {clean(details.redacted_by)}{clean(reason)}")
    if details is not None and entry.kind is EntryKind.MEMBERSHIP:
        if details.is_expanded:
            return plain_text("\n".join(_with_time(change, context) for change in details.changes))
        return plain_text(clean(summarise(details.changes)))
    if not entry.is_message:
        return plain_text(entry.text)
    text = mask_message("", entry.text) if entry.is_mine else entry.text
    if entry.kind is EntryKind.ACTION:
        text = f"{clean(entry.author)} {text}"
    return formatted_text(text).with_links()


def _with_time(change: Membership, context: DisplayContext) -> str:
    return f"{context.to_local(change.at):%H:%M} {clean(describe_change(change))}"
