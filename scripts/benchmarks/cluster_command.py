"""The command that measures several nodes on one PostgreSQL database."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.benchmarks.checks import check_descriptor_limit, check_writable
from scripts.benchmarks.cluster import start_cluster, start_postgres
from scripts.benchmarks.cluster_scenarios import SCENARIOS, further_node_costs
from scripts.benchmarks.pool import WorkerPool
from scripts.benchmarks.report import attempt, save, show
from scripts.benchmarks.scenarios import Scale, ScenarioResult

console = Console()

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCENARIO",
        help="\n\n".join(
            ["Scenarios to run; all if omitted.", *(f"{n}: {run.__doc__}" for n, run in SCENARIOS.items())]
        ),
    ),
]
Nodes = Annotated[
    list[int] | None, typer.Option(min=1, max=16, help="Number of nodes; repeat it to compare. [1, 2, 4]")
]
People = Annotated[int, typer.Option(min=20, max=20_000, help="Connections in all, spread over the nodes.")]
Seconds = Annotated[float, typer.Option(min=0.5, max=60, help="Seconds of traffic in each run.")]
Rounds = Annotated[
    int, typer.Option(min=1, max=20, help="Runs of each scenario, in turn with each number of nodes.")
]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Load-generating processes.")]
Json = Annotated[Path | None, typer.Option(callback=check_writable, help="Write the figures to this file.")]


def cluster(
    names: Names = None,
    nodes: Nodes = None,
    people: People = 200,
    seconds: Seconds = 3.0,
    rounds: Rounds = 1,
    workers: Workers = 2,
    json: Json = None,
) -> None:
    """Measure several nodes on one PostgreSQL server, which is started for that.

    Takes two minutes. The ratio is that of the first number of nodes to the second. It needs what
    `scripts/setup bench` installs.
    """
    unknown = sorted(set(names or ()) - SCENARIOS.keys())
    if unknown:
        raise typer.BadParameter(f"no scenario {unknown[0]}; choose from {', '.join(SCENARIOS)}")
    check_descriptor_limit(people, workers)
    scale = Scale(people, seconds)
    with start_postgres() as postgres, WorkerPool(workers) as pool:
        results = [
            result
            for _ in range(rounds)
            for name in names or SCENARIOS
            for count in nodes or (1, 2, 4)
            if (result := _try(name, postgres, count, pool, scale))
        ]
    if not results:
        raise typer.Exit(1)
    show(console, results, list(dict.fromkeys(result.server for result in results)))
    for sentence in further_node_costs(results):
        console.print(sentence, markup=False)
    if json:
        save(json, results)


def _try(name: str, postgres: str, count: int, pool: WorkerPool, scale: Scale) -> ScenarioResult | None:
    """Run a scenario on new nodes; if it cannot be completed, print the reason and return None."""
    with start_cluster(postgres, count, scale.people) as nodes:
        return attempt(console, f"{name}, {nodes.name}", lambda: SCENARIOS[name](nodes, pool, scale))
