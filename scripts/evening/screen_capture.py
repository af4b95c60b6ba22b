"""Reads a captured screen of the full-screen client: its panes, and what they show."""

import re
from dataclasses import dataclass
from functools import cached_property

import wcwidth

from scripts.evening.cast import ANNA, PEOPLE

RULE = "│"
MARK = "▌"
HEAD = re.compile(r"(?P<time>\d\d:\d\d) +(?P<who>\S+)? *│ ?(?P<text>.*)")
NARROW_HEAD = re.compile(r"(?P<time>\d\d:\d\d) (?P<who>\S+?): (?P<text>.*)")
CONTINUATION = re.compile(r" +│ (?P<text>[^ ╭↑].*)")  # neither reactions, a quote nor a state
NARROW_CONTINUATION = re.compile(r" {6,9}(?P<text>[^ ╭↑│].*)")
ROOM = re.compile(r"[ ▸]*(?P<number>\d)? *(?P<name>[#\w…-]+) *(@(?P<mentions>\d+))?( (?P<count>\d+))? *")
NICKS = {ANNA, *PEOPLE}


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as the screen shows it: the nick may be shortened, the text has no spaces."""

    who: str
    text: str


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A row in the list of rooms."""

    number: int | None
    name: str
    unread: int
    mentions: int


@dataclass(frozen=True)
class Screen:
    """The text of a terminal with a number of columns."""

    text: str
    columns: int

    @cached_property
    def rows(self) -> list[list[str]]:
        """The cells of each row; the second cell of a wide character is empty."""
        return [_cells(line) for line in self.text.splitlines()]

    @cached_property
    def rules(self) -> list[int]:
        """The columns of the vertical rules between the panes, which the first row shows."""
        return [column for column, cell in enumerate(self.rows[0]) if cell == RULE]

    def faults(self) -> list[str]:
        """Describe each row that is not as wide as the terminal or breaks a rule."""
        found = []
        last = max((y for y, row in enumerate(self.rows) if self._has_rules(row)), default=-1)
        for y, row in enumerate(self.rows):
            if len(row) > self.columns or (y <= last and len(row) != self.columns):
                found.append(f"row {y} has {len(row)} columns: {''.join(row)}")
            if y <= last and not self._has_rules(row):
                found.append(f"row {y} breaks a rule: {''.join(row)}")
        return found

    def _has_rules(self, row: list[str]) -> bool:
        return bool(self.rules) and all(row[column : column + 1] == [RULE] for column in self.rules)

    def pane(self, number: int) -> list[str]:
        """Return the rows of a pane, counted from the left."""
        edges = [-1, *self.rules, self.columns]
        rows = [row for row in self.rows if self._has_rules(row)] if self.rules else self.rows
        return ["".join(row[edges[number] + 1 : edges[number + 1]]) for row in rows]

    @cached_property
    def room_rows(self) -> list[RoomRow]:
        """The list of rooms and conversations, without the server."""
        found = (ROOM.fullmatch(row) for row in self.pane(0)[1:])
        return [
            RoomRow(
                int(match["number"]) if match["number"] else None,
                match["name"],
                int(match["count"] or 0),
                int(match["mentions"] or 0),
            )
            for match in found
            if match
        ]

    @property
    def is_online(self) -> bool:
        """Whether the line below the panes says so."""
        footer = self.text.splitlines()[len(self.pane(0)) :]
        return bool(re.search(r"· connected\b", " ".join(footer)))

    @property
    def unread(self) -> dict[str, int]:
        """The numbers of unread messages in the list of rooms, without zeros."""
        return {row.name: row.unread for row in self.room_rows if row.unread}

    @property
    def mentions(self) -> dict[str, int]:
        """The numbers of mentions in the list of rooms, without zeros."""
        return {row.name: row.mentions for row in self.room_rows if row.mentions}

    @property
    def message_pane(self) -> list[str]:
        """The rows of the topic and of the messages, right of the list of rooms if it is shown."""
        return self.pane(1 if self.rules else 0)

    @property
    def room(self) -> str:
        """The name above the messages."""
        return next(iter(self.message_pane[0].split()), "")

    @cached_property
    def messages(self) -> list[ShownMessage]:
        """The messages that are shown from their first line on."""
        return _read_messages(self.message_pane[1:])

    @property
    def selected(self) -> str:
        """The rows of the selected message, or an empty text."""
        return "\n".join(row for row in self.message_pane if row.startswith(MARK))

    @property
    def thread(self) -> list[ShownMessage]:
        """The messages in the pane at the right, if it shows a thread."""
        rows = self.pane(len(self.rules))
        return _read_messages(rows[1:]) if "Thread" in rows[0] else []


def _read_messages(rows: list[str]) -> list[ShownMessage]:
    shown: list[ShownMessage] = []
    for row in rows:
        row = row[1:].rstrip()  # without the margin, in which the selected message has a mark
        if found := HEAD.fullmatch(row) or NARROW_HEAD.fullmatch(row):
            shown.append(ShownMessage(found["who"] or "", found["text"]))
        elif shown and (found := CONTINUATION.fullmatch(row) or NARROW_CONTINUATION.fullmatch(row)):
            shown[-1] = ShownMessage(shown[-1].who, f"{shown[-1].text} {found['text']}")
    return [
        ShownMessage(one.who, squash(one.text))
        for one in shown
        if one.who in NICKS and not one.text.startswith("deleted by ")
    ]


def squash(text: str) -> str:
    """Return a text without spaces and joiners.

    The screen breaks lines at spaces, and tmux may lose a joiner where its input happens to be cut.
    """
    return "".join(text.replace("\u200d", "").split())


def _cells(line: str) -> list[str]:
    cells: list[str] = []
    for grapheme in wcwidth.iter_graphemes(line):
        cells += [grapheme, *[""] * (wcwidth.width(grapheme) - 1)]
    return cells
