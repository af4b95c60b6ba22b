"""chat-admin retention: how long history is kept, holds, and the removal of what has expired."""

from typing import Annotated

import typer

from app.cli.admin.command_declaration import Yes, command, new_noun
from app.cli.admin.commands.rooms.room_members import Name
from app.cli.admin.commands.rooms.room_retention import DryRun
from app.cli.admin.context import AdminContext
from app.cli.admin.progress import show_progress
from app.cli.admin.prompts import confirm, one_line
from app.services.retention import administration
from app.services.retention.overview import list_policies
from app.services.retention.policies import RetentionDefaults
from app.services.retention.runs import RemovedHistory, plan_run, run
from app.text.counts import count_of

app = new_noun("retention", "Manage how long history is kept.")


@command(app, "show")
def show(context: AdminContext) -> None:
    """Show the defaults, and the rooms with a policy of their own or a hold."""
    with context.reading() as session:
        found = list_policies(session, RetentionDefaults.of(context.settings))
    context.out.table(found, "")


@command(app, "run")
def run_(context: AdminContext, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Remove expired history now. A running server does this by itself."""
    defaults = RetentionDefaults.of(context.settings)
    with context.database() as database:
        with database.reading() as session:
            planned = plan_run(session, context.clock, defaults)
        if dry_run or not planned:
            context.out.table(planned, "Nothing has expired.")
            return
        number = sum(map(_count, planned))
        confirm(f"Remove {count_of(number, 'expired event')} permanently?", yes)
        with show_progress("Removing", lambda: number) as advance:
            removed = run(database, context.clock, context.actor, defaults, advance)
    context.out.table(removed, "Nothing has expired.")


def _count(history: RemovedHistory) -> int:
    return history.messages + history.other_events


@command(app, "hold")
def hold(
    context: AdminContext,
    name: Name,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Reason shown to its members.")],
) -> None:
    """Suspend the removal of a room's history until it is released."""
    reason = one_line(reason, "reason", context.settings.topic_length)
    defaults = RetentionDefaults.of(context.settings)
    name = _find_name(context, name)
    changed = context.change(lambda admin: administration.hold(admin, name, reason, defaults))
    sentence = f"Nothing is removed from {name} until `chat-admin retention release`."
    context.out.done(sentence, room=name, reason=reason, changed=changed)


@command(app, "release")
def release(context: AdminContext, name: Name) -> None:
    """End the hold of a room. What has expired meanwhile is then removed."""
    defaults = RetentionDefaults.of(context.settings)
    name = _find_name(context, name)
    changed = context.change(lambda admin: administration.release(admin, name, defaults))
    sentence = f"The hold of {name} has ended." if changed else f"{name} has no hold."
    context.out.done(sentence, room=name, changed=changed)


def _find_name(context: AdminContext, name: str) -> str:
    """Return the name of a room as it is stored.

    Raises: NotFound.
    """
    with context.reading() as session:
        return administration.get_target(session, name).name
