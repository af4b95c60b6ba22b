"""chat-admin room delete."""

from typing import Annotated

import typer

from app.cli.admin.command_declaration import Yes
from app.cli.admin.commands.rooms.room_members import Name
from app.cli.admin.context import AdminContext
from app.cli.admin.erasure import complete_erasure
from app.cli.admin.prompts import confirm, one_line
from app.events.data import DeletedData
from app.services.administration.admin_changes import AdminChange, Administrator
from app.services.rooms.administration import delete_room
from app.text.counts import count_of


def delete(
    context: AdminContext,
    name: Name,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Reason shown to its members.")
    ] = "The room was deleted",
    erase_history: Annotated[
        bool, typer.Option("--erase-history", help="Erase its messages and events from the log.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; show what would be deleted.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Delete a room with its topic, modes, roles and lists.

    Its messages remain in the log unless --erase-history is given.
    """
    reason = one_line(reason, "reason", context.settings.topic_length)
    auto_join, data = context.settings.auto_join, DeletedData(erase_history, context.actor)

    def decide(admin: Administrator) -> AdminChange:
        return delete_room(admin, name, auto_join, reason, data)

    planned = context.preview(decide)
    room, messages = planned.audit.target, (planned.audit.detail or {})["messages"]
    facts = {"name": room, "messages": messages, "reason": reason, "erased": erase_history}
    outcome = "be erased" if erase_history else "no longer be readable in the chat"
    if dry_run:
        sentence = f"{room} would be deleted, and its {count_of(messages, 'message')} would {outcome}."
        context.out.done(f"{sentence} Nothing was changed.", **facts)
        return
    confirm(
        f"Delete {room} permanently? Its {count_of(messages, 'message')} will {outcome}; "
        "save them first with `chat-admin history export`.",
        yes,
    )
    with context.database() as database:
        change = context.record(database, decide)
        if erase_history:
            complete_erasure(context, database, change.events[0].id)
    context.out.done(f"Deleted {room}{' and erased its history' if erase_history else ''}.", **facts)
