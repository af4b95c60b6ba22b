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
from scripts.benchmarks.crew import Crew, WorkerLost
from scripts.benchmarks.refusals import refuse_crowd, refuse_unusable, refuse_unwritable
from scripts.benchmarks.report import draw, draw_growth, middle, save, show
from scripts.benchmarks.scenarios import SCENARIOS, Finding, Incomplete, Scale, scenario_help
from scripts.benchmarks.signals import heed_signals
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
        help="A server that runs already, to be measured; without it, this one is started. "
        "With the number of its process, what it computes is told; a NAME= before is what it is called.",
    ),
]
Against = Annotated[
    str | None, typer.Option(metavar=f"NAME={PLACE}", help="Another server that runs, to compare with.")
]
People = Annotated[int, typer.Option(min=20, max=20_000, help="How many connections a scenario has.")]
Seconds = Annotated[float, typer.Option(min=0.5, max=60, help="How long people talk in each run.")]
Rounds = Annotated[int, typer.Option(min=1, max=20, help="Runs of each scenario on each server, in turn.")]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Processes of the measuring side.")]
Tls = Annotated[
    bool, typer.Option("--tls", help="Start this server with TLS too, and compare that with it as it is.")
]
Remote = Annotated[bool, typer.Option("--remote", help="Allow servers that are not on this machine.")]


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
        int, typer.Option(min=100, max=10_000_000, help="Messages in the room of `history`.")
    ] = 20_000,
    tls: Tls = False,
    json: Annotated[
        Path | None, typer.Option(callback=refuse_unwritable, help="File for the figures of each round.")
    ] = None,
    chart: Annotated[
        Path | None, typer.Option(callback=refuse_unwritable, help="SVG file for how two servers compare.")
    ] = None,
    remote: Remote = False,
) -> None:
    """Measure this server, or any that speaks IRC, or compare two. The limits of rate of others have to be off."""
    unknown = sorted(set(names or ()) - SCENARIOS.keys())
    if unknown:
        raise typer.BadParameter(f"there is no scenario {unknown[0]}; there are {', '.join(SCENARIOS)}")
    named = _named(server, against, tls, remote)
    launches = _launches(named, not server, tls, people)
    if chart and len(launches) < 2:
        raise typer.BadParameter("a chart compares two servers; name the second with --against")
    refuse_crowd(people, workers if server else 1)
    with Crew(workers) as crew:
        scale = Scale(people, seconds, lines)
        findings = _measure(names or list(SCENARIOS), launches, crew, scale, rounds)
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
    chart: Annotated[
        Path | None, typer.Option(callback=refuse_unwritable, help="SVG file for the curve.")
    ] = None,
    remote: Remote = False,
) -> None:
    """Show how the cost of a delivery grows with the number of people in the room."""
    named = _named(server, against, tls, remote)
    if chart and server and all(target.process is None for target in named):
        raise typer.BadParameter(
            f"the chart shows what a server computes; name its process: --server {PLACE}"
        )
    refuse_crowd(most, workers if server else 1)
    launches = _launches(named, not server, tls, most)
    found: dict[int, list[Finding]] = {}
    with Crew(workers) as crew:
        for size in sorted({size for size in SIZES if size < most} | {most}):
            findings = _measure(["fanout"], launches, crew, Scale(size, seconds), rounds)
            if findings:
                found[size] = findings
                console.print(f"{size} people:")
                show(console, findings, list(dict.fromkeys(finding.server for finding in findings)))
    if not found:
        raise typer.Exit(1)
    if chart:
        draw_growth(chart, _lines(found))


def _lines(found: dict[int, list[Finding]]) -> dict[str, dict[int, float]]:
    """Return, for each server, what a delivery cost it by the number of people."""
    lines: dict[str, dict[int, float]] = {}
    for size, findings in found.items():
        for (_, figure, server), value in middle(findings).items():
            if figure == COST:
                lines.setdefault(server, {})[size] = value
    return lines


def _named(server: str | None, against: str | None, tls: bool, remote: bool) -> list[Target]:
    """Return the servers that run already.

    Raises: typer.BadParameter when there is something wrong with them.
    """
    if server and tls:
        raise typer.BadParameter("--tls is for the server that is started here, and --server names another")
    try:
        named = [targets.parse(text) for text in (server, against) if text]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if len({target.name for target in named}) < len(named):
        raise typer.BadParameter(f"both servers are called {named[0].name}; write NAME={PLACE}")
    refuse_unusable(named, remote)
    return named


def _launches(named: list[Target], is_own: bool, tls: bool, people: int) -> list[Launch]:
    """Return what gives the servers to measure; one of our own is started anew for each run."""
    running: list[Launch] = [partial(nullcontext, target) for target in named]
    if not is_own:
        return running
    own = [partial(targets.own, people, tls=True)] if tls else []
    return [*own, partial(targets.own, people), *running]


def _measure(
    names: list[str], launches: list[Launch], crew: Crew, scale: Scale, rounds: int
) -> list[Finding]:
    """Carry the scenarios out on all servers in turn, so many times."""
    return [
        finding
        for _ in range(rounds)
        for name in names
        for launch in launches
        if (finding := _try(name, launch, crew, scale))
    ]


def _try(name: str, launch: Launch, crew: Crew, scale: Scale) -> Finding | None:
    """Carry a scenario out; one that cannot be says so and is left out: None."""
    with launch() as target:
        console.print(f"{name}, {target.name} ...", style="dim", markup=False)
        try:
            return SCENARIOS[name](target, crew, scale)
        except (Incomplete, OSError) as error:
            console.print(f"{name}, {target.name}: left out, because {error}", markup=False)
            return None


if __name__ == "__main__":
    heed_signals()
    try:
        app(prog_name="scripts/bench")
    except (NotStarted, WorkerLost) as error:
        sys.exit(str(error))
