"""The command line of the benchmark."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.benchmarks import target as targets
from scripts.benchmarks.checks import check_descriptor_limit, check_targets, check_writable
from scripts.benchmarks.cluster_command import cluster
from scripts.benchmarks.pool import WorkerLost, WorkerPool
from scripts.benchmarks.report import attempt, draw, draw_growth, medians, save, show
from scripts.benchmarks.scenarios import SCENARIOS, Scale, ScenarioResult, scenario_help
from scripts.benchmarks.signals import install_signal_handlers
from scripts.benchmarks.target import NotStarted, Target

app = typer.Typer(add_completion=False, no_args_is_help=False)
console = Console()
SIZES = (10, 30, 100, 300, 1000, 3000)
COST = "cpu_us_per_delivery"

Launch = Callable[[], AbstractContextManager[Target]]

PLACE = "HOST:PORT,PROCESS"
Server = Annotated[
    str | None,
    typer.Option(
        metavar=PLACE,
        help="Measure a running server instead of starting this one. The process id adds CPU time and "
        "memory; a leading NAME= sets its label.",
    ),
]
Against = Annotated[
    str | None, typer.Option(metavar=f"NAME={PLACE}", help="Compare with another running server.")
]
People = Annotated[int, typer.Option(min=20, max=20_000, help="Connections of each scenario.")]
Seconds = Annotated[float, typer.Option(min=0.5, max=60, help="Seconds of traffic in each run.")]
Rounds = Annotated[
    int, typer.Option(min=1, max=20, help="Runs of each scenario, alternating between servers.")
]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Load-generating processes.")]
Tls = Annotated[bool, typer.Option("--tls", help="Also start this server with TLS, and compare.")]
Remote = Annotated[bool, typer.Option("--remote", help="Allow servers on other machines.")]


@app.command()
def run(
    names: Annotated[list[str] | None, typer.Argument(metavar="SCENARIO", help=scenario_help())] = None,
    server: Server = None,
    against: Against = None,
    people: People = 200,
    seconds: Seconds = 3.0,
    rounds: Rounds = 1,
    workers: Workers = 2,
    lines: Annotated[
        int, typer.Option(min=100, max=10_000_000, help="Messages in the room of the history scenario.")
    ] = 20_000,
    tls: Tls = False,
    json: Annotated[
        Path | None,
        typer.Option(callback=check_writable, help="Write the figures of each round to this JSON file."),
    ] = None,
    chart: Annotated[
        Path | None,
        typer.Option(callback=check_writable, help="Draw the comparison of two servers into this SVG file."),
    ] = None,
    remote: Remote = False,
) -> None:
    """Measure this or any other IRC server, or compare two.

    Turn off the rate limits of other servers.
    """
    unknown = sorted(set(names or ()) - SCENARIOS.keys())
    if unknown:
        raise typer.BadParameter(f"no scenario {unknown[0]}; choose from {', '.join(SCENARIOS)}")
    named = _named(server, against, tls, remote)
    launches = _launches(named, not server, tls, people)
    if chart and len(launches) < 2:
        raise typer.BadParameter("a chart compares two servers; name the second with --against")
    check_descriptor_limit(people, workers if server else 1)
    with WorkerPool(workers) as pool:
        scale = Scale(people, seconds, lines)
        results = _measure(names or list(SCENARIOS), launches, pool, scale, rounds)
    if not results:
        raise typer.Exit(1)
    labels = list(dict.fromkeys(result.server for result in results))
    show(console, results, labels)
    if json:
        save(json, results)
    if chart and len(labels) < 2:
        console.print(f"{chart} was not drawn: a chart needs figures of two servers.")
        raise typer.Exit(1)
    if chart:
        draw(chart, results, labels)


@app.command()
def growth(
    server: Server = None,
    against: Against = None,
    seconds: Seconds = 3.0,
    rounds: Rounds = 1,
    workers: Workers = 2,
    tls: Tls = False,
    most: Annotated[int, typer.Option(min=10, max=20_000, help="Users in the largest room.")] = 1000,
    chart: Annotated[
        Path | None, typer.Option(callback=check_writable, help="Draw the curve into this SVG file.")
    ] = None,
    remote: Remote = False,
) -> None:
    """Measure the cost of a delivery as a room grows."""
    named = _named(server, against, tls, remote)
    if chart and server and all(target.process is None for target in named):
        raise typer.BadParameter(f"the chart shows CPU time; give the process id: --server {PLACE}")
    check_descriptor_limit(most, workers if server else 1)
    launches = _launches(named, not server, tls, most)
    results_by_size: dict[int, list[ScenarioResult]] = {}
    with WorkerPool(workers) as pool:
        for size in sorted({size for size in SIZES if size < most} | {most}):
            results = _measure(["fanout"], launches, pool, Scale(size, seconds), rounds)
            if results:
                results_by_size[size] = results
                console.print(f"{size} users:")
                show(console, results, list(dict.fromkeys(result.server for result in results)))
    if not results_by_size:
        raise typer.Exit(1)
    if chart:
        draw_growth(chart, _cost_by_size(results_by_size))


app.command()(cluster)


def _cost_by_size(results_by_size: dict[int, list[ScenarioResult]]) -> dict[str, dict[int, float]]:
    """Return each server's CPU time per delivery in microseconds, by room size."""
    lines: dict[str, dict[int, float]] = {}
    for size, results in results_by_size.items():
        for (_, figure, server), value in medians(results).items():
            if figure == COST:
                lines.setdefault(server, {})[size] = value
    return lines


def _named(server: str | None, against: str | None, tls: bool, remote: bool) -> list[Target]:
    """Return the running servers given on the command line.

    Raises: typer.BadParameter when one cannot be measured.
    """
    if server and tls:
        raise typer.BadParameter(
            "--tls applies to the server started here; it cannot be combined with --server"
        )
    try:
        named = [targets.parse_target(text) for text in (server, against) if text]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if len({target.name for target in named}) < len(named):
        raise typer.BadParameter(f"both servers have the label {named[0].name}; use NAME={PLACE}")
    check_targets(named, remote)
    return named


def _launches(named: list[Target], is_own: bool, tls: bool, people: int) -> list[Launch]:
    """Return a context manager factory for each server; our own server restarts for each run."""
    running: list[Launch] = [partial(nullcontext, target) for target in named]
    if not is_own:
        return running
    own = [partial(targets.start_own_server, people, tls=True)] if tls else []
    return [*own, partial(targets.start_own_server, people), *running]


def _measure(
    names: list[str], launches: list[Launch], pool: WorkerPool, scale: Scale, rounds: int
) -> list[ScenarioResult]:
    """Run the scenarios on all servers in turn, for the given number of rounds."""
    return [
        result
        for _ in range(rounds)
        for name in names
        for launch in launches
        if (result := _try(name, launch, pool, scale))
    ]


def _try(name: str, launch: Launch, pool: WorkerPool, scale: Scale) -> ScenarioResult | None:
    """Run a scenario; if it cannot be completed, print the reason and return None."""
    with launch() as target:
        return attempt(console, f"{name}, {target.name}", lambda: SCENARIOS[name](target, pool, scale))


if __name__ == "__main__":
    install_signal_handlers()
    try:
        app(prog_name="scripts/bench")
    except (NotStarted, WorkerLost) as error:
        sys.exit(str(error))
