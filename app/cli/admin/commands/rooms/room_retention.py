"""chat-admin room retention: how long the history of a room is kept."""

from typing import Annotated

import typer

from app.cli.admin.command_declaration import Yes
from app.cli.admin.commands.rooms.room_members import Name
from app.cli.admin.context import AdminContext
from app.cli.admin.prompts import confirm
from app.errors import UsageError
from app.services.retention.administration import RetentionTarget, get_target, set_days
from app.services.retention.expiry import RemovedCounts
from app.services.retention.overview import count_expired_in_room, get_summary
from app.services.retention.policies import (
    FOREVER,
    RetentionDefaults,
    RoomPolicy,
    find_policy,
    format_days,
)
from app.text.counts import count_of

MAX_DAYS = 36_500  # as of the setting `retention_days`

DryRun = Annotated[bool, typer.Option("--dry-run", help="Change nothing; show what would be removed.")]
Days = Annotated[
    int | None,
    typer.Option("--days", min=1, max=MAX_DAYS, metavar="N", help="Keep the history for N days."),
]
Forever = Annotated[bool, typer.Option("--forever", help="Keep the history without a time limit.")]
Default = Annotated[
    bool, typer.Option("--default", help="Keep the history as long as the server's settings say.")
]


def set_retention(
    context: AdminContext,
    name: Name,
    days: Days = None,
    forever: Forever = False,
    default: Default = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Show or set how long the history of a room is kept. Its members see the change."""
    if (days is not None) + forever + default > 1:
        raise UsageError("Give only one of --days, --forever and --default.")
    if days is None and not forever and not default:
        _show(context, name)
        return
    chosen = FOREVER if forever else days
    target, expired = _find_expired(context, name, chosen)
    removal = f"{count_of(expired.messages, 'message')} and {count_of(expired.others, 'other event')}"
    if dry_run:
        sentence = f"{removal} would be removed from {target.name}."
        context.out.done(sentence, room=target.name, messages=expired.messages, other_events=expired.others)
        return
    if expired.events:
        confirm(f"Remove {removal} from {target.name} permanently?", yes)
    defaults = RetentionDefaults.of(context.settings)
    changed = context.change(lambda admin: set_days(admin, name, chosen, defaults))
    kept = format_days(RoomPolicy(chosen).effective_days(defaults))
    sentence = f"The history of {target.name} is {'now' if changed else 'already'} kept {kept}."
    context.out.done(sentence, room=target.name, days=chosen, expired=expired.events, changed=changed)


def _show(context: AdminContext, name: str) -> None:
    with context.reading() as session:
        found = get_summary(session, get_target(session, name), RetentionDefaults.of(context.settings))
    context.out.record(found)


def _find_expired(
    context: AdminContext, name: str, days: int | None
) -> tuple[RetentionTarget, RemovedCounts]:
    """Return a room, and what would be removed from it if its history was kept for some days."""
    defaults = RetentionDefaults.of(context.settings)
    with context.reading() as session:
        target = get_target(session, name)
        policy = RoomPolicy(days, find_policy(session.connection(), target.room).hold)
        return target, count_expired_in_room(session, context.clock, target.room, policy, defaults)
