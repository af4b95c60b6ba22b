"""chat-admin top: the activity of the running server, from its metrics port."""

import sys
import time
from functools import partial
from io import StringIO
from typing import Annotated

import typer

from app.cli.admin.context import AdminContext
from app.cli.admin.metrics_client import TopClient, find_address, find_token
from app.cli.admin.top.rates import ServerActivity, compute_activity
from app.errors import UsageError

DEFAULT_INTERVAL_SECONDS = 2.0
ONCE_SECONDS = 1.0  # between the two samples of `--once`
PLAIN_WIDTH = 80  # columns of the plain output

Once = Annotated[bool, typer.Option("--once", help="Print the activity of one second and exit.")]
Interval = Annotated[
    float,
    typer.Option("--interval", min=0.2, max=3600, metavar="SECONDS", help="Seconds between two samples."),
]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        "--port", min=1, max=65535, metavar="PORT", help="Metrics port. Default: the setting metrics_port."
    ),
]


def top(
    context: AdminContext,
    once: Once = False,
    interval: Interval = DEFAULT_INTERVAL_SECONDS,
    port: MetricsPort = None,
) -> None:
    """Show connections, message rates, commit times, queues, slow clients and busy rooms, live.

    Reads the metrics port of the running server, and the database for the permission to do so. `q`
    quits.
    """
    client = TopClient(find_address(context.settings, port), partial(_read_token, context))
    if once or context.as_json:
        _print_once(context, client)
    elif not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("The live view needs a terminal. Use --once, or --once --json in scripts.")
    else:
        from app.cli.admin.top.live import LiveView  # deferred: rich is slow to load

        LiveView(client.fetch, client.address, interval).run()


def _read_token(context: AdminContext) -> str | None:
    with context.open_unchecked() as database:
        return find_token(database)


def _print_once(context: AdminContext, client: TopClient) -> None:
    activity = _measure(client)
    if context.as_json:
        context.out.record(activity)
    else:
        for line in _draw_plain(activity, client.address):
            context.out.line(line)


def _measure(client: TopClient) -> ServerActivity:
    """Return the activity of one second."""
    before = client.fetch()
    time.sleep(ONCE_SECONDS)
    return compute_activity(before, client.fetch())


def _draw_plain(activity: ServerActivity, address: str) -> list[str]:
    """Return the view as lines without colours."""
    from rich.console import Console

    from app.cli.admin.top.view import draw_activity

    console = Console(
        file=StringIO(), width=PLAIN_WIDTH, color_system=None, force_terminal=False, _environ={}
    )
    with console.capture() as captured:
        console.print(draw_activity(activity, address, PLAIN_WIDTH))
    return [line.rstrip() for line in captured.get().rstrip().splitlines()]
