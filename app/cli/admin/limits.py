"""The option `--limit`: the number of lines shown."""

from typing import Annotated

import typer

MAX_LINES = 1_000_000  # `history export` reads any number without holding them in memory

Limit = Annotated[
    int,
    typer.Option(
        "--limit", "-n", min=1, max=MAX_LINES, metavar="N", help=f"Show at most N lines, up to {MAX_LINES:,}."
    ),
]
