"""Draws the activity of the server for a terminal of any size."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.cli.admin.top.rates import ServerActivity
from app.text.sanitise import clean

MIN_WIDTH_FOR_COLUMNS = 64  # below it, the blocks stand one under the other
HINT = "q quits"
SECRET = "(secret)"
UNREGISTERED = "(not registered)"


def draw_activity(activity: ServerActivity, address: str, width: int, problem: str | None = None) -> Group:
    """Return the whole view; `problem` says why it is not up to date."""
    blocks = [
        [_draw_counts(activity), _draw_rates(activity)],
        [_draw_clients(activity), _draw_rooms(activity)],
    ]
    return Group(
        _draw_head(activity, address),
        *_draw_problems(activity, problem),
        *(part for pair in blocks for part in (Text(), _place(pair, width))),
    )


def _place(pair: Sequence[RenderableType], width: int) -> RenderableType:
    """Put two blocks side by side, or under each other on a narrow terminal."""
    if width < MIN_WIDTH_FOR_COLUMNS:
        first, second = pair
        return Group(first, Text(), second)
    grid = Table.grid(expand=True, padding=(0, 4, 0, 0))
    for _ in pair:
        grid.add_column(ratio=1)
    grid.add_row(*pair)
    return grid


def _draw_head(activity: ServerActivity, address: str) -> Text:
    uptime = timedelta(seconds=int(activity.uptime_seconds))
    state = ("ready", "green") if activity.ready else ("not ready", "bold red")
    rest = f"  up {uptime}  {activity.time[11:19]} UTC  {address}"
    return Text.assemble(clean(activity.version), "  ", state, rest, overflow="ellipsis", no_wrap=True)


def _draw_problems(activity: ServerActivity, problem: str | None) -> list[Text]:
    """Draw why the server is not ready, or why the view is old."""
    sentences = [*activity.reasons, *([problem] if problem else [])]
    return [Text(clean(sentence), style="red") for sentence in sentences]


def _draw_counts(activity: ServerActivity) -> Table:
    free = "" if activity.free_bytes is None else _size(activity.free_bytes)
    return _pairs(
        {
            "connections": f"{activity.connections:,}",
            "users": f"{activity.users:,}",
            "rooms": f"{activity.rooms:,}",
            "waiting units": f"{activity.waiting_units:,}",
            "unsent": _size(activity.outbox_bytes),
            "evictions": f"{activity.evictions:,}",
            "failed commits": f"{activity.failed_commits:,}",
            "free disk space": free or "unknown",
        }
    )


def _draw_rates(activity: ServerActivity) -> Table:
    return _pairs(
        {
            "messages/s": _number(activity.messages_per_second),
            "events/s": _number(activity.events_per_second),
            "deliveries/s": _number(activity.deliveries_per_second),
            "batches/s": _number(activity.batches_per_second),
            "events per batch": _optional(activity.events_per_batch, _number),
            "mean commit": _optional(activity.commit_seconds_mean, _milliseconds),
            "99% of commits": _optional(
                activity.commit_seconds_p99, lambda seconds: f"up to {_milliseconds(seconds)}"
            ),
            "last commit": _optional(activity.last_commit, lambda time: str(time)[11:19]),
        }
    )


def _draw_clients(activity: ServerActivity) -> Table:
    rows = [(client["nick"] or UNREGISTERED, _size(client["bytes"])) for client in activity.slowest_clients]
    return _list("slowest clients", ("unsent",), rows)


def _draw_rooms(activity: ServerActivity) -> Table:
    rows = [
        (room["name"] or SECRET, f"{room['members']:,}", _number(room["messages_per_second"]))
        for room in activity.busiest_rooms
    ]
    return _list("busiest rooms", ("members", "messages/s"), rows)


def _pairs(values: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, min_width=17)
    table.add_column(justify="right", no_wrap=True, min_width=14)
    for name, value in values.items():
        table.add_row(name, Text(value, style="bold"))
    return table


def _list(title: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="underline")
    table.add_column(title, no_wrap=True, overflow="ellipsis", ratio=1)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for name, *values in rows or [("none",)]:
        table.add_row(Text(clean(name)), *values)
    return table


def _optional(value: Any, text: Callable[[Any], str]) -> str:
    return "none" if value is None else text(value)


def _number(value: float) -> str:
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"


def _size(size: int) -> str:
    """Format a number of bytes with a unit."""
    for unit in ("B", "KiB", "MiB"):
        if size < 10_000:
            return f"{size:,} {unit}"
        size >>= 10
    return f"{size:,} GiB"
