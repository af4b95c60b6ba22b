"""Reports results as a table, JSON and charts."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import pygal
from rich.console import Console
from rich.table import Table

from scripts.benchmarks.scenarios import ScenarioFailed, ScenarioResult

MORE_IS_BETTER = ("deliveries_per_second", "connections_per_second")
STATIC_CHART = pygal.Config(js=(), print_values=True)  # self-contained: loads no script
COUNTS = ("messages", "deliveries")  # sizes of the run; not compared


def medians(results: Sequence[ScenarioResult]) -> dict[tuple[str, str, str], float]:
    """Return the median of each figure over the rounds, by scenario, figure and server."""
    return {key: median(found) for key, found in _by_round(results).items()}


def _by_round(results: Sequence[ScenarioResult]) -> dict[tuple[str, str, str], list[float]]:
    values: dict[tuple[str, str, str], list[float]] = {}
    for result in results:
        for figure, value in result.figures.items():
            values.setdefault((result.scenario, figure, result.server), []).append(value)
    return values


def show(console: Console, results: Sequence[ScenarioResult], servers: Sequence[str]) -> None:
    """Print a table: figures by server, and the ratio of the first server to the second.

    With several rounds, a figure is the median, and the lowest and highest follow.
    """
    figures, rounds = medians(results), _by_round(results)
    table = Table("scenario", "figure")
    for server in servers:
        table.add_column(server, justify="right")
    if len(servers) > 1:
        table.add_column("ratio", justify="right")
    for name, figure in dict.fromkeys((name, figure) for name, figure, _ in figures):
        values = [figures.get((name, figure, server)) for server in servers]
        cells = [_format_rounds(rounds.get((name, figure, server), ())) for server in servers]
        table.add_row(name, figure, *cells, *([_ratio(values)] if len(servers) > 1 else []))
    console.print(table)
    for result in results:
        for note in result.notes:
            console.print(f"{result.scenario}, {result.server}: {note}", markup=False)


def _format_rounds(values: Sequence[float]) -> str:
    """Format the median of a figure and, of several rounds, the lowest and the highest."""
    if len(values) < 2:
        return "".join(map(format_figure, values))
    return f"{format_figure(median(values))} ({format_figure(min(values))}-{format_figure(max(values))})"


def format_figure(value: float) -> str:
    """Format a figure with three significant digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _ratio(values: Sequence[float | None]) -> str:
    first, second = values[:2]
    return f"{first / second:.2f}" if first is not None and second else ""


def save(path: Path, results: Sequence[ScenarioResult]) -> None:
    """Write the figures of every round as JSON."""
    text = json.dumps([result.as_dict() for result in results], indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def draw(path: Path, results: Sequence[ScenarioResult], servers: Sequence[str]) -> None:
    """Draw the ratio of the first server to the second by figure; above 1, the first is better."""
    figures = medians(results)
    ratios: dict[str, float] = {}
    for name, figure in dict.fromkeys((name, figure) for name, figure, _ in figures):
        first, second = (figures.get((name, figure, server)) for server in servers[:2])
        if figure not in COUNTS and first and second:
            better = first / second if figure in MORE_IS_BETTER else second / first
            ratios[f"{name} {figure}"] = round(better, 3)
    chart = pygal.HorizontalBar(
        STATIC_CHART,
        title=f"{servers[0]} against {servers[1]}: above 1 is better",
        x_title="ratio",
        x_labels=[*reversed(ratios)],  # drawn from bottom to top
        show_legend=False,
    )
    chart.add("ratio", [*reversed(ratios.values())])
    chart.render_to_file(str(path))


def draw_growth(path: Path, points: dict[str, dict[int, float]]) -> None:
    """Draw the CPU time per delivery in microseconds by room size, with a line for each server.

    Both axes are logarithmic: each room is about three times as large as the previous one.
    """
    sizes = sorted({size for line in points.values() for size in line})
    chart = pygal.Line(
        STATIC_CHART,
        title="CPU time per delivery",
        x_title="users in the room",
        y_title="microseconds",
        x_labels=[f"{size:,}" for size in sizes],
        logarithmic=True,
        show_legend=len(points) > 1,
    )
    for server, line in points.items():
        chart.add(server, [line.get(size) for size in sizes])
    chart.render_to_file(str(path))


def attempt(console: Console, title: str, run: Callable[[], ScenarioResult]) -> ScenarioResult | None:
    """Announce and run a scenario; if it cannot be completed, print the reason and return None."""
    console.print(f"{title} ...", style="dim", markup=False)
    try:
        return run()
    except (ScenarioFailed, OSError) as error:
        console.print(f"{title}: skipped: {error}", markup=False)
        return None
