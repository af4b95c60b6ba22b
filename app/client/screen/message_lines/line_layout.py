"""Lays out the entries of a timeline as lines of styled text: time, nick and text in columns."""

from collections.abc import Iterator
from datetime import date

from app.client.display.display_context import DisplayContext
from app.client.screen.message_lines.cells import cell_width, shorten, wrap
from app.client.screen.message_lines.entry_texts import StyledText, entry_text, plain_text
from app.client.screen.message_lines.spans import Line, Role, Span, line_cells
from app.client.timeline.edge import Edge, EdgeState
from app.client.timeline.entry import Entry, EntryKind
from app.client.timeline.new_messages import is_first_new
from app.client.timeline.outgoing import Outgoing, SendState
from app.client.timeline.timeline import Timeline
from app.text.counts import count_of
from app.text.sanitise import clean
from app.wire.secrets import mask_message

TIME_COLUMNS = 6  # "12:34 "
MIN_NICK_COLUMNS, MAX_NICK_COLUMNS = 8, 16
NICK_SHARE = 6  # the column of nicks takes a sixth of the line
SEPARATOR = " │ "
NARROW_COLUMNS = 48  # below it, nicks have no column and precede the text
HANGING_COLUMNS = 2  # from the nicks to the texts below them
EVENT_MARK = "--"  # in place of a nick
TINY_COLUMNS = 24  # below it, there is no column of times
MIN_TEXT_COLUMNS = 2  # of any text: a wide character needs as many
MIN_COLUMNS = 8  # a narrower view shows the left part of the lines
MAX_REACTION_COLUMNS = 16

ROLES = {
    EntryKind.EVENT: Role.EVENT,
    EntryKind.MEMBERSHIP: Role.EVENT,
    EntryKind.INFO: Role.INFO,
    EntryKind.ERROR: Role.ERROR,
    EntryKind.NOTICE: Role.NOTICE,
}


class LineLayout:
    """Lays out entries for a width in columns, which the lines never exceed."""

    def __init__(self, context: DisplayContext, columns: int) -> None:
        self._context = context
        self.width = columns  # of the view, even if it is less than MIN_COLUMNS
        self.columns = max(columns, MIN_COLUMNS)
        self._has_nick_column = columns >= NARROW_COLUMNS
        self._time_columns = TIME_COLUMNS if columns >= TINY_COLUMNS else 0
        self._nick_columns = min(max(columns // NICK_SHARE, MIN_NICK_COLUMNS), MAX_NICK_COLUMNS)

    @property
    def indent(self) -> int:
        """The column in which texts begin."""
        nick = self._nick_columns + len(SEPARATOR) if self._has_nick_column else HANGING_COLUMNS
        return self._time_columns + nick

    @property
    def _margin(self) -> Line:
        """What is before the texts, without a time and a nick."""
        if not self._has_nick_column:
            return [Span(" " * self.indent)]
        return [Span(" " * (self.indent - len(SEPARATOR))), Span(SEPARATOR, Role.RULE)]

    def lay_out(self, timeline: Timeline, number: int) -> list[Line]:
        """Return the lines of an entry, with the separators before it."""
        entry = timeline.get_entry(number)
        return [
            *self._separators(timeline, number, entry),
            *self._quote(timeline, number, entry),
            *self._body(entry),
            *self._reactions(timeline, entry),
        ]

    def lay_out_start(self, timeline: Timeline) -> list[Line]:
        """Return the line before the first entry: the beginning, or the state of loading."""
        if timeline.older.state is EdgeState.COMPLETE:
            return [self._rule("beginning of the conversation", Role.RULE)]
        return self._edge(timeline.older, "older", "up")

    def lay_out_end(self, timeline: Timeline) -> list[Line]:
        """Return the lines after the last entry: our messages that are not confirmed."""
        if not timeline.is_live:
            return self._edge(timeline.newer, "newer", "down")
        return [
            line
            for outgoing in timeline.outgoing.values()
            for line in self.lay_out_outgoing(outgoing, timeline.name)
        ]

    def _edge(self, edge: Edge, what: str, direction: str) -> list[Line]:
        if edge.state is EdgeState.LOADING:
            return [self._rule(f"loading {what} messages …", Role.RULE)]
        if edge.state is EdgeState.FAILED:
            reason = clean(edge.reason).rstrip(".")
            return [self._rule(f"cannot load: {reason}; scroll {direction} to try again", Role.ERROR)]
        return []

    def lay_out_outgoing(self, outgoing: Outgoing, target: str) -> list[Line]:
        """Return the lines of a message of ours that is not confirmed, with its state."""
        text = mask_message(target, outgoing.text)
        states = {
            SendState.QUEUED: f"queued, sent once connected; /cancel {outgoing.number} drops it",
            SendState.SENDING: "sending …",
            SendState.FAILED: f"not sent: {outgoing.reason.rstrip('.')}; /resend {outgoing.number}",
        }
        role = Role.FAILED if outgoing.state is SendState.FAILED else Role.PENDING
        lines = self._wrapped(self._head("", self._context.nick, Role.MY_NICK, ":"), plain_text(text), role)
        return [*lines, *self._wrapped([], plain_text(clean(f"↑ {states[outgoing.state]}")), role)]

    # Around the text

    def _separators(self, timeline: Timeline, number: int, entry: Entry) -> Iterator[Line]:
        previous, day = timeline.find_entry(number - 1), self._day(entry)
        if previous is None or self._day(previous) != day:
            yield self._rule(f"{day:%A}, {day.day} {day:%B %Y}", Role.RULE)
        if is_first_new(timeline, number):
            yield self._rule("new messages", Role.NEW)

    def _day(self, entry: Entry) -> date:
        return self._context.to_local(entry.at).date()

    def _rule(self, text: str, role: Role) -> Line:
        start = shorten(f"── {text} ", self.columns)
        return [Span(start + "─" * (self.columns - cell_width(start)), role)]

    def _quote(self, timeline: Timeline, number: int, entry: Entry) -> Iterator[Line]:
        """Yield what a reply quotes, unless a thread shows it directly above."""
        if not entry.reply_to or entry.details is None or entry.is_redacted:
            return
        previous = timeline.find_entry(number - 1) if timeline.is_thread else None
        if previous is not None and previous.msgid == entry.reply_to:
            return
        quoted = entry.details.quoted
        text = f"{quoted.author}: {quoted.text}" if quoted else "an earlier message"
        room = self.columns - self.indent
        yield [*self._margin, Span(shorten(f"╭ {clean(text)}", room), Role.QUOTE)]

    def _reactions(self, timeline: Timeline, entry: Entry) -> Iterator[Line]:
        reactions = timeline.reactions.get(entry.msgid) if entry.msgid else None
        line: Line = []
        for reaction, nicks in reactions or ():
            role = Role.MY_REACTION if self._context.nick in nicks else Role.REACTION
            count = f" {len(nicks)} "
            room = min(MAX_REACTION_COLUMNS, self.columns - self.indent - len(count) - 1)
            chip = [Span(f" {shorten(clean(reaction), max(room, 1))}", role), Span(count, role)]
            if line and line_cells(line) + 1 + line_cells(chip) > self.columns:
                yield line
                line = []
            line += [*([Span(" ")] if line else self._margin), *chip]
        if line:
            yield line

    # The text, after its time and nick

    def _body(self, entry: Entry) -> list[Line]:
        time = f"{self._context.to_local(entry.at):%H:%M}"
        return self._wrapped(self._head_of(entry, time), self.text_of(entry), self._role_of(entry))

    def text_of(self, entry: Entry) -> StyledText:
        """Return the text of an entry, without time, nick and separators."""
        return entry_text(entry, self._context)

    def _role_of(self, entry: Entry) -> Role:
        return Role.REDACTED if entry.is_redacted else ROLES.get(entry.kind, Role.TEXT)

    def _head_of(self, entry: Entry, time: str) -> Line:
        if entry.kind is EntryKind.MEMBERSHIP and entry.is_expandable and entry.details is not None:
            mark = "▾" if entry.details.is_expanded else "▸"
            return self._head(time, self._event_head(mark, len(entry.details.changes)), Role.EVENT)
        if not entry.is_message:
            return self._head(time, "" if self._has_nick_column else EVENT_MARK, Role.EVENT)
        if entry.is_redacted:
            return self._head(time, entry.author, Role.EVENT, ":")
        role = Role.MENTION if entry.is_mention else Role.MY_NICK if entry.is_mine else Role.NICK
        if entry.kind is EntryKind.ACTION:
            return self._head(time, "*", role)
        if entry.kind is EntryKind.NOTICE:
            return self._head(time, f"-{entry.author}-", role)
        return self._head(time, entry.author, role, ":")

    def _event_head(self, mark: str, count: int) -> str:
        """Return the number of merged events, in place of a nick, shortened if necessary."""
        if not self._has_nick_column:
            return mark
        whole = f"{mark} {count_of(count, 'event')}"
        return whole if cell_width(whole) <= self._nick_columns else f"{mark} {count}"

    def _head(self, time: str, author: str, role: Role, colon: str = "") -> Line:
        """Return the time and nick before a text, in columns or with a colon."""
        time = time.ljust(TIME_COLUMNS)[: self._time_columns]
        author = clean(author)
        if not self._has_nick_column:
            nick = shorten(author, self.columns // 3)
            return [Span(time, Role.TIME), Span(nick, role), Span(f"{colon} ")]
        nick = shorten(author, self._nick_columns)
        padding = " " * (self._nick_columns - cell_width(nick))
        return [Span(time + padding, Role.TIME), Span(nick, role), Span(SEPARATOR, Role.RULE)]

    def _wrapped(self, head: Line, text: StyledText, role: Role) -> list[Line]:
        """Return a text of one or more lines behind its head, with a hanging indent."""
        start = line_cells(head) if head else self.indent
        room = max(self.columns - self.indent, MIN_TEXT_COLUMNS)
        first = max(self.columns - start, MIN_TEXT_COLUMNS)
        lines: list[Line] = []
        offset = 0
        for paragraph in text.plain.split("\n"):
            for begin, end in wrap(paragraph, room if lines else first, room):
                before = self._margin if lines or not head else head
                lines.append([*before, *text.spans(offset + begin, offset + end, role)])
            offset += len(paragraph) + 1
        return lines
