"""Lays out the entries of a timeline as lines of styled text: time, nick and text in columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

import wcwidth

from app.client.display.event_text import DisplayContext
from app.client.protocol.events import ClientEvent, Joined, Parted, Quit, Renamed
from app.client.timeline.entry import Entry, EntryKind
from app.client.timeline.timeline import Outgoing, SendState, Timeline
from app.text.columns import shorten, width
from app.text.counts import count_of
from app.text.sanitise import clean
from app.wire.secrets import mask_message

TIME_COLUMNS = 6  # "12:34 "
MIN_NICK_COLUMNS, MAX_NICK_COLUMNS = 8, 16
NICK_SHARE = 6  # the column of nicks takes a sixth of the line
SEPARATOR = " │ "
NARROW_COLUMNS = 48  # below it, there is no column of nicks


class Role(Enum):
    """What a span of text is, which decides its style."""

    TEXT = "text"
    TIME = "time"
    NICK = "nick"
    MY_NICK = "my-nick"
    MENTION = "mention"
    NOTICE = "notice"
    EVENT = "event"
    INFO = "info"
    ERROR = "error"
    RULE = "rule"
    NEW = "new"
    QUOTE = "quote"
    REACTION = "reaction"
    MY_REACTION = "my-reaction"
    REDACTED = "redacted"
    PENDING = "pending"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of sanitised text in one style."""

    text: str
    role: Role = Role.TEXT


Line = list[Span]
ENTRY_ROLES = {
    EntryKind.EVENT: Role.EVENT,
    EntryKind.MEMBERSHIP: Role.EVENT,
    EntryKind.INFO: Role.INFO,
    EntryKind.ERROR: Role.ERROR,
    EntryKind.NOTICE: Role.NOTICE,
}


class LineLayout:
    """Lays out entries for a width in columns."""

    def __init__(self, context: DisplayContext, columns: int) -> None:
        self._context = context
        self.columns = columns
        self._has_nick_column = columns >= NARROW_COLUMNS
        self._nick_columns = min(max(columns // NICK_SHARE, MIN_NICK_COLUMNS), MAX_NICK_COLUMNS)

    @property
    def indent(self) -> int:
        """The column in which texts begin."""
        return TIME_COLUMNS + (self._nick_columns + len(SEPARATOR) if self._has_nick_column else 0)

    def lay_out(self, timeline: Timeline, index: int) -> list[Line]:
        """Return the lines of an entry, with the separators before it."""
        entry = timeline.entries[index]
        previous = timeline.entries[index - 1] if index else None
        return [
            *self._separators(timeline, previous, entry),
            *self._quote(entry),
            *self._body(entry),
            *self._reactions(timeline, entry),
        ]

    def lay_out_outgoing(self, outgoing: Outgoing, target: str) -> list[Line]:
        """Return the lines of a message of ours that is not confirmed, with its state."""
        text = mask_message(target, outgoing.text)
        states = {
            SendState.QUEUED: f"queued, sent once connected; /cancel {outgoing.number} drops it",
            SendState.SENDING: "sending …",
            SendState.FAILED: f"not sent: {outgoing.reason.rstrip('.')}; /resend {outgoing.number}",
        }
        role = Role.FAILED if outgoing.state is SendState.FAILED else Role.PENDING
        head = self._head("", self._context.nick, Role.MY_NICK)
        lines = self._wrapped(head, clean(text), role)
        return [*lines, self._indented(f"↑ {clean(states[outgoing.state])}", role)]

    def _separators(self, timeline: Timeline, previous: Entry | None, entry: Entry) -> Iterator[Line]:
        day = self._day(entry)
        if previous is None or self._day(previous) != day:
            yield self._rule(f"{day:%A}, {day.day} {day:%B %Y}", Role.RULE)
        new_after = timeline.new_after
        if new_after is not None and entry.at > new_after and (previous is None or previous.at <= new_after):
            yield self._rule("new messages", Role.NEW)

    def _day(self, entry: Entry) -> date:
        return self._context.to_local(entry.at).date()

    def _rule(self, text: str, role: Role) -> Line:
        dashes = max(self.columns - width(text) - 4, 0)
        return [Span(f"── {text} {'─' * dashes}", role)]

    def _quote(self, entry: Entry) -> Iterator[Line]:
        if not entry.reply_to or entry.details is None:
            return
        quoted = entry.details.quoted
        text = f"{quoted.author}: {quoted.text}" if quoted else "an earlier message"
        yield self._indented(f"╭ {clean(text)}", Role.QUOTE)

    def _indented(self, text: str, role: Role) -> Line:
        return [Span(" " * self.indent), Span(shorten(text, self.columns - self.indent), role)]

    def _body(self, entry: Entry) -> list[Line]:
        time = f"{self._context.to_local(entry.at):%H:%M} "
        if entry.kind is EntryKind.MEMBERSHIP:
            return self._membership(time, entry)
        if entry.is_redacted and entry.details is not None:
            return self._wrapped(
                self._head(time, entry.author, Role.EVENT), self._redaction(entry), Role.REDACTED
            )
        if not entry.is_spoken:
            return self._wrapped(self._head(time, "", Role.EVENT), entry.text, ENTRY_ROLES[entry.kind])
        role = Role.MENTION if entry.is_mention else Role.MY_NICK if entry.is_mine else Role.NICK
        text = mask_message("", entry.text) if entry.is_mine else entry.text
        if entry.kind is EntryKind.ACTION:
            head = self._head(time, "*", role)
            return self._wrapped(head, f"{clean(entry.author)} {clean(text)}", Role.TEXT)
        author = f"-{entry.author}-" if entry.kind is EntryKind.NOTICE else entry.author
        return self._wrapped(
            self._head(time, author, role), clean(text), ENTRY_ROLES.get(entry.kind, Role.TEXT)
        )

    def _redaction(self, entry: Entry) -> str:
        details = entry.details
        by = details.redacted_by if details else ""
        reason = f" ({details.reason})" if details and details.reason else ""
        return clean(f"deleted by {by}{reason}")

    def _membership(self, time: str, entry: Entry) -> list[Line]:
        changes = entry.details.changes if entry.details else []
        head = self._head(time, "", Role.EVENT)
        if entry.details and entry.details.is_expanded:
            return [
                line
                for change in changes
                for line in self._wrapped(
                    self._head(f"{self._context.to_local(change_time(change)):%H:%M} ", "", Role.EVENT),
                    clean(describe_change(change)),
                    Role.EVENT,
                )
            ]
        return [[*head, Span(shorten(clean(summarise(changes)), self.columns - self.indent), Role.EVENT)]]

    def _head(self, time: str, author: str, role: Role) -> Line:
        """Return the columns before the text: the time and the nick."""
        time = time.ljust(TIME_COLUMNS)
        author = clean(author)
        if not self._has_nick_column:
            return [Span(time, Role.TIME), *([Span(f"{author} ", role)] if author else [])]
        nick = shorten(author, self._nick_columns)
        padding = " " * (self._nick_columns - width(nick))
        return [Span(time + padding, Role.TIME), Span(nick, role), Span(SEPARATOR, Role.RULE)]

    def _wrapped(self, head: Line, text: str, role: Role) -> list[Line]:
        """Return a text of one or more lines behind its head, with a hanging indent."""
        start = sum(width(span.text) for span in head)
        indent = self.indent if self._has_nick_column else min(TIME_COLUMNS, self.columns // 4)
        follow = [Span(" " * (indent - len(SEPARATOR))), Span(SEPARATOR, Role.RULE)]
        if not self._has_nick_column:
            follow = [Span(" " * indent)]
        lines: list[Line] = []
        for number, part in enumerate(self._parts(text, start, indent)):
            lines.append([*(follow if number else head), Span(part, role)])
        return lines

    def _parts(self, text: str, start: int, indent: int) -> Iterator[str]:
        """Yield the lines of a text; the first has less room if its head is longer."""
        first_indent = " " * max(start - indent, 0)
        for number, line in enumerate(text.split("\n")):
            initial = "" if number else first_indent
            columns = max(self.columns - indent, 8)
            parts = wcwidth.wrap(line, columns, initial_indent=initial, break_on_hyphens=False) or [""]
            yield parts[0].removeprefix(initial)
            yield from parts[1:]

    def _reactions(self, timeline: Timeline, entry: Entry) -> Iterator[Line]:
        reactions = timeline.reactions.get(entry.msgid) if entry.msgid else None
        if not reactions:
            return
        line: Line = [Span(" " * self.indent)]
        for reaction, nicks in reactions:
            role = Role.MY_REACTION if self._context.nick in nicks else Role.REACTION
            line += [Span(f" {shorten(clean(reaction), 16)} {len(nicks)} ", role), Span(" ")]
        yield line


def change_time(change: ClientEvent) -> int:
    """Return the time of a join, part, quit or change of nick."""
    at: int = getattr(change, "at", 0)
    return at


def describe_change(change: ClientEvent) -> str:
    """Return what happened, in words."""
    match change:
        case Joined(nick=nick):
            return f"{nick} joined"
        case Parted(nick=nick, reason=reason):
            return f"{nick} left" + (f" ({reason})" if reason else "")
        case Quit(nick=nick, reason=reason):
            return f"{nick} quit" + (f" ({reason})" if reason else "")
        case Renamed(old=old, new=new):
            return f"{old} is now known as {new}"
    return ""


def summarise(changes: list[ClientEvent]) -> str:
    """Return a summary of joins, parts, quits and changes of nick."""
    if len(changes) == 1:
        return describe_change(changes[0])
    joined = [change.nick for change in changes if isinstance(change, Joined)]
    left = [change.nick for change in changes if isinstance(change, Parted | Quit)]
    renamed = [change.new for change in changes if isinstance(change, Renamed)]
    groups = [(joined, "joined"), (left, "left"), (renamed, "changed nick")]
    return ", ".join(f"{_names(nicks)} {verb}" for nicks, verb in groups if nicks)


def _names(nicks: list[str]) -> str:
    unique = list(dict.fromkeys(nicks))
    if len(unique) <= 3:
        return " and ".join(filter(None, [", ".join(unique[:-1]), unique[-1]]))
    return f"{', '.join(unique[:2])} and {count_of(len(unique) - 2, 'other')}"
