"""chat-admin room: rooms and their topics."""

from typing import Annotated

import typer

from app.cli.admin.command_declaration import Yes, command, new_noun
from app.cli.admin.commands.moderation.metadata import Clear, Remove, show_or_remove
from app.cli.admin.commands.rooms.room_deletion import delete
from app.cli.admin.commands.rooms.room_members import Name, NewName, list_members, set_role
from app.cli.admin.commands.rooms.room_modes import ModeCommand, change_modes
from app.cli.admin.commands.rooms.room_retention import set_retention
from app.cli.admin.context import AdminContext
from app.cli.admin.prompts import one_line
from app.errors import UsageError
from app.services import metadata
from app.services.administration import moderation
from app.services.rooms.administration import check_room_name, create_room, rename_room, set_topic
from app.services.rooms.details import get_room_details, list_rooms
from app.services.rooms.rooms import get_room

app = new_noun("room", "Manage rooms.")

Search = Annotated[
    str | None,
    typer.Option("--search", metavar="TEXT", help="Only rooms whose name or topic contains TEXT."),
]


@command(app, "list")
def list_(context: AdminContext, search: Search = None) -> None:
    """List rooms."""
    with context.reading() as session:
        found = list_rooms(session, search)
    context.out.table(found, "No matching rooms.")


@command(app, "show")
def show(context: AdminContext, name: Name) -> None:
    """Show a room's topic, modes, roles, lists, message count and metadata."""
    with context.reading() as session:
        found = get_room_details(session, name)
    context.out.record(found)


@command(app, "create")
def create(context: AdminContext, name: NewName) -> None:
    """Create an official room: it has no owner and remains when empty."""
    name = check_room_name(name, context.settings.room_length)
    context.change(
        lambda admin: create_room(admin, name, context.settings.room_length),
        create=True,
    )
    context.out.done(f"Created the room {name}.", name=name)


@command(app, "rename")
def rename(
    context: AdminContext,
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new name.")],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Reason shown to its members.")
    ] = "",
) -> None:
    """Rename a room. Everything else about it remains."""
    reason = one_line(reason, "reason", context.settings.topic_length) if reason else ""
    max_length, auto_join = context.settings.room_length, context.settings.auto_join
    changed = context.change(lambda admin: rename_room(admin, name, new, max_length, auto_join, reason))
    new = check_room_name(new, max_length)
    sentence = (
        f"Renamed #{name.removeprefix('#')} to {new}." if changed else f"The room is already named {new}."
    )
    context.out.done(sentence, room=name, name=new, changed=changed)


@command(app, "topic")
def topic(
    context: AdminContext,
    name: Name,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="The new topic.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove the topic.")] = False,
) -> None:
    """Show or set the topic of a room."""
    if clear and text is not None:
        raise UsageError("Give either a text or --clear, not both.")
    if text is None and not clear:
        _show_topic(context, name)
        return
    new_topic = "" if text is None else one_line(text, "topic", context.settings.topic_length)
    changed = context.change(lambda admin: set_topic(admin, name, new_topic))
    sentence = "Topic set." if changed else "The topic is unchanged."
    context.out.done(sentence, room=name, topic=new_topic, changed=changed)


def _show_topic(context: AdminContext, name: str) -> None:
    with context.reading() as session:
        room = get_room_details(session, name)
    context.out.done(room.topic, room=room.name, topic=room.topic, by=room.topic_by, at=room.topic_at)


@command(app, "metadata")
def metadata_(
    context: AdminContext, name: Name, remove: Remove = None, clear: Clear = False, yes: Yes = False
) -> None:
    """Show or remove a room's metadata (avatar, display-name, ...)."""
    with context.reading() as session:
        found = get_room(session, name)
        name, values = found.name, metadata.get_room_metadata(session, found.id)
    show_or_remove(context, name, values, {}, moderation.remove_room_metadata, remove, clear, yes)


command(app, "delete")(delete)
command(app, "members")(list_members)
command(app, "mode", ModeCommand)(change_modes)
command(app, "role")(set_role)
command(app, "retention")(set_retention)
