"""chat-admin history verify: check the hash chain of the log."""

from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.admin.context import AdminContext
from app.cli.admin.progress import show_progress
from app.db.chain.digests import DIGEST_BYTES
from app.db.chain.links import Position
from app.db.log import get_last_id
from app.errors import CheckFailed, UsageError
from app.services.verification import ChainReport, verify_chain
from app.text.counts import count_of

Expect = Annotated[
    list[str] | None,
    typer.Option(
        "--expect",
        metavar="POSITION:DIGEST",
        help="Check that the log still has this digest, printed by an earlier run. Can be repeated.",
    ),
]


def verify(context: AdminContext, expect: Expect = None) -> None:
    """Verify that no message was altered, lost or inserted. Exits with 3 if any was.

    Prints the position and the digest at the end of the log. Note them elsewhere: with --expect, a
    later run proves that the log up to there is the same.
    """
    known = [_parse_position(text) for text in expect or []]
    with context.database() as database:
        with database.snapshot() as connection:
            count = get_last_id(connection)
        with show_progress("Verifying", lambda: count) as advance:
            report = verify_chain(database, known, advance)
        name = str(database)
    _print(context, report)
    if report.finding_count:
        raise CheckFailed(f"The log of {name} was changed: {count_of(report.finding_count, 'finding')}.")


def _parse_position(text: str) -> Position:
    """Parse a position with its digest, as `verify` prints it.

    Raises: UsageError.
    """
    position, _, digest = text.partition(":")
    try:
        known = Position(int(position), bytes.fromhex(digest))
    except ValueError:
        known = None
    if known is None or known.last_id < 1 or len(known.digest) != DIGEST_BYTES:
        raise UsageError(
            f"{text} is not a position with its digest; copy the line that history verify printed as digest."
        )
    return known


def _print(context: AdminContext, report: ChainReport) -> None:
    """Print the findings on their own, or the end of a log without findings."""
    summary = {
        "digest": f"{report.end.last_id}:{report.end.digest.hex()}",
        "last_id": report.last_id,
        "events": report.events,
        "erased": report.erased,
        "removed": report.removed,
    }
    if context.as_json:
        context.out.record({**summary, "findings": [asdict(finding) for finding in report.findings]})
    elif report.findings:
        context.out.table(report.findings, "")
    else:
        context.out.record(summary)
    if report.end.last_id < report.last_id and not report.findings:
        context.out.note(
            f"The digests are being made for older events; those after {report.end.last_id} have none yet. "
            "The server makes them in the background, or chat-admin db upgrade does now."
        )
