"""Command output: JSON on request, a table on a terminal, aligned columns otherwise.

Data is written to standard output and notes to standard error. Users' text is sanitised: in JSON,
invisible characters are escaped.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any

from app.cli import terminal
from app.clock import from_datetime, to_iso
from app.text.columns import GAP, align, width
from app.text.sanitise import clean

Row = Mapping[str, Any]


class Output:
    """Prints results in the requested format."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def table(self, items: Sequence[Any], empty: str) -> None:
        """Print items of one kind; print `empty` as a note if there are none."""
        rows = [as_row(item) for item in items]
        if self._as_json:
            self._print_json(rows)
        elif not rows:
            self.note(empty)
        elif sys.stdout.isatty():
            _draw(rows)
        else:
            terminal.echo("\n".join(align([list(rows[0]), *([_text(v) for v in r.values()] for r in rows)])))

    def record(self, item: Any) -> None:
        """Print all fields of one item."""
        row = as_row(item)
        if self._as_json:
            self._print_json(row)
        else:
            terminal.echo("\n".join(align([[f"{name}:", _text(value)] for name, value in row.items()])))

    def done(self, sentence: str, **facts: Any) -> None:
        """Print the result of a change: the facts as JSON, otherwise the sentence."""
        if self._as_json:
            self._print_json(facts)
        else:
            terminal.echo(clean(sentence))

    def line(self, text: str) -> None:
        """Print one line of text."""
        terminal.echo(clean(text))

    def note(self, sentence: str) -> None:
        """Print a note to standard error."""
        terminal.echo_error(clean(sentence))

    def _print_json(self, value: Any) -> None:
        terminal.echo_json(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def as_row(item: Any) -> Row:
    """Return an item as a mapping of field names to values."""
    if is_dataclass(item) and not isinstance(item, type):
        return asdict(item)
    return item if isinstance(item, Mapping) else dict(item._asdict())


def _plain(value: Any) -> str:
    """Return a value that JSON cannot represent as a string."""
    return to_iso(from_datetime(value)) if isinstance(value, datetime) else str(value)


def _text(value: Any) -> str:
    """Format a value for display."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, Mapping):
        return ", ".join(f"{_text(name)}={_text(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(_text(part) for part in value)
    return clean(str(value))


def _draw(rows: Sequence[Row]) -> None:
    """Print rows on a terminal, in a pager ($PAGER) if they are longer than the screen.

    They are a table with cells wrapped between words, or, on a terminal too narrow for that, one
    block of lines per row.
    """
    from rich.console import Console

    cells = [[name.replace("_", " ") for name in rows[0]], *([_text(v) for v in r.values()] for r in rows)]
    console = Console()
    widths = _fit_columns(cells, console.width)
    drawn = _as_table(cells, widths) if widths else _as_blocks(cells)
    with console.capture() as captured:
        console.print(drawn)
    with console.pager() if captured.get().count("\n") > console.height else nullcontext():
        console.print(drawn)


def _fit_columns(cells: Sequence[Sequence[str]], available: int) -> list[int] | None:
    """Return the widths of columns whose words are whole, or None if they do not fit.

    The first column is never wrapped: it identifies the row, and can be copied in one piece.
    """
    columns = list(zip(*cells, strict=True))
    widest = [max(map(width, column)) for column in columns]
    fitted = [widest[0], *(max(map(_longest_word, column)) for column in columns[1:])]
    spare = available - sum(fitted) - len(GAP) * (len(columns) - 1)
    if spare < 0:
        return None
    for number, wanted in enumerate(widest):
        extra = min(wanted - fitted[number], spare)
        fitted[number] += extra
        spare -= extra
    return fitted


def _longest_word(text: str) -> int:
    """Return the width of the longest word."""
    return max(map(width, text.split()), default=0)


def _as_table(cells: Sequence[Sequence[str]], widths: Sequence[int]) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    heads, *rows = cells
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))  # as wide as GAP
    for head, columns in zip(heads, widths, strict=True):
        table.add_column(head, width=columns)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _as_blocks(cells: Sequence[Sequence[str]]) -> Any:
    from rich.text import Text

    heads, *rows = cells
    blocks = (align([f"{head}:", value] for head, value in zip(heads, row, strict=True)) for row in rows)
    return Text("\n\n".join("\n".join(block) for block in blocks), overflow="fold")
