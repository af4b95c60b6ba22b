"""The command line of the benchmark."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.benchmarks import target as targets
from scripts.benchmarks.crew import Crew, WorkerLost
from scripts.benchmarks.report import draw, draw_growth, middle, save, show
from scripts.benchmarks.scenarios import SCENARIOS, Finding, Incomplete, Scale, scenario_help
from scripts.benchmarks.signals import heed_signals
from scripts.benchmarks.target import NotStarted, Target

app = typer.Typer(add_completion=False, no_args_is_help=False)
console = Console()
SIZES = (10, 30, 100, 300, 1000, 3000)
COST = "cpu_us_per_delivery"

Launch = Callable[[], AbstractContextManager[Target]]

Server = Annotated[
    str | None,
    typer.Option(help="The server to measure, HOST:PORT,PROCESS; without it, this one is started for it."),
]
Against = Annotated[str | None, typer.Option(help="A second server to compare with, NAME=HOST:PORT,PROCESS.")]
People = Annotated[int, typer.Option(min=20, max=20_000, help="How many connections a scenario has.")]
Seconds = Annotated[float, typer.Option(min=0.5, max=60, help="How long people talk in each run.")]
Rounds = Annotated[int, typer.Option(min=1, max=20, help="Runs of each scenario on each server, in turn.")]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Processes of the measuring side.")]
Tls = Annotated[
    bool, typer.Option("--tls", help="Start this server by TLS as well, and compare that with it as it is.")
]
Remote = Annotated[bool, typer.Option("--remote", help="Allow servers that are not on this machine.")]


@app.command()
def run(
    names: Annotated[list[str] | None, typer.Argument(help=scenario_help())] = None,
    server: Server = None,
    against: Against = None,
    people: People = 200,
    seconds: Seconds = 3.0,
    rounds: Rounds = 1,
    workers: Workers = 2,
    lines: Annotated[
        int, typer.Option(min=100, max=10_000_000, help="Messages in the room of `history`.")
    ] = 20_000,
    tls: Tls = False,
    json: Annotated[Path | None, typer.Option(help="File for all figures of all rounds.")] = None,
    chart: Annotated[Path | None, typer.Option(help="SVG file that compares the two servers.")] = None,
    remote: Remote = False,
) -> None:
    """Measure a server that speaks IRC, and compare it with another. Their limits of rate have to be off."""
    unknown = sorted(set(names or ()) - SCENARIOS.keys())
    if unknown:
        raise typer.BadParameter(f"there is no scenario {unknown[0]}; there are {', '.join(SCENARIOS)}")
    launches = _launches(server, against, tls, remote, people)
    if chart and len(launches) < 2:
        raise typer.BadParameter("a chart compares two servers; name the second with --against")
    with Crew(workers) as crew:
        findings = [
            finding
            for _ in range(rounds)
            for name in names or SCENARIOS
            for launch in launches
            if (finding := _try(name, launch, crew, Scale(people, seconds, lines)))
        ]
    if not findings:
        raise typer.Exit(1)
    labels = list(dict.fromkeys(finding.server for finding in findings))
    show(console, findings, labels)
    if json:
        save(json, findings)
    if chart and len(labels) < 2:
        console.print(
            f"{chart} is not drawn: it would compare two servers, and there are no figures of both."
        )
        raise typer.Exit(1)
    if chart:
        draw(chart, findings, labels)


@app.command()
def growth(
    server: Server = None,
    against: Against = None,
    seconds: Seconds = 3.0,
    rounds: Rounds = 1,
    workers: Workers = 2,
    tls: Tls = False,
    most: Annotated[int, typer.Option(min=10, max=20_000, help="People in the largest room.")] = 1000,
    chart: Annotated[Path | None, typer.Option(help="SVG file with the curve.")] = None,
    remote: Remote = False,
) -> None:
    """Show how the cost of a delivery grows with the number of people in the room."""
    sizes = sorted({size for size in SIZES if size < most} | {most})
    points: dict[str, dict[int, float]] = {}
    launches = _launches(server, against, tls, remote, most)
    with Crew(workers) as crew:
        for size in sizes:
            scale = Scale(size, seconds)
            tried = [_try("fanout", launch, crew, scale) for _ in range(rounds) for launch in launches]
            found = [finding for finding in tried if finding]
            console.print(f"{size} people:")
            show(console, found, list(dict.fromkeys(finding.server for finding in found)))
            for (_, figure, name), value in middle(found).items():
                if figure == COST:
                    points.setdefault(name, {})[size] = value
    if chart:
        draw_growth(chart, points, COST)


def _launches(server: str | None, against: str | None, tls: bool, remote: bool, people: int) -> list[Launch]:
    """Return what gives the servers to measure; one of our own is started anew for each run."""
    if server and tls:
        raise typer.BadParameter("--tls is for the server that is started here, and --server names another")
    try:
        named = [targets.parse(text) for text in (server, against) if text]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    for target in named:
        if not remote and not _is_here(target.address.host):
            raise typer.BadParameter(
                f"{target.address.host} is not this machine; say --remote if you mean it"
            )
    running: list[Launch] = [partial(nullcontext, target) for target in named]
    if server:
        return running
    own = [partial(targets.own, people, tls=True)] if tls else []
    return [*own, partial(targets.own, people), *running]


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _try(name: str, launch: Launch, crew: Crew, scale: Scale) -> Finding | None:
    """Carry a scenario out; one that cannot be says so and is left out: None."""
    with launch() as target:
        console.print(f"{name}, {target.name} ...", style="dim")
        try:
            return SCENARIOS[name](target, crew, scale)
        except (Incomplete, OSError) as error:
            console.print(f"{name}, {target.name}: left out, because {error}", markup=False)
            return None


if __name__ == "__main__":
    heed_signals()
    try:
        app()
    except (NotStarted, WorkerLost) as error:
        sys.exit(str(error))
