"""chat-admin room: the rooms."""

from typing import Annotated

import typer

from app.cli.admin.asking import confirm, one_line
from app.cli.admin.context import AdminContext
from app.cli.admin.declare import Yes, command, new_noun
from app.errors import UsageError
from app.services import rooms

app = new_noun("room", "See and change rooms.")

Name = Annotated[
    str, typer.Argument(metavar="ROOM", help="Name of the room; a shell wants it quoted: '#ops'.")
]
Search = Annotated[
    str | None,
    typer.Option("--search", metavar="TEXT", help="Only rooms with this text in their name or topic."),
]


@command(app, "list")
def list_(context: AdminContext, search: Search = None) -> None:
    """List the rooms."""
    with context.reading() as session:
        found = rooms.list_rooms(session, search)
    context.out.table(found, "There are no such rooms.")


@command(app, "show")
def show(context: AdminContext, name: Name) -> None:
    """Show all about a room: topic, modes, roles, lists, messages, metadata."""
    with context.reading() as session:
        found = rooms.get_room_details(session, name)
    context.out.record(found)


@command(app, "create")
def create(context: AdminContext, name: Name) -> None:
    """Make a room that belongs to nobody and stays when it is empty."""
    name = rooms.check_room_name(name, context.settings.room_length)
    context.change(
        lambda admin: rooms.create_room(admin, name, context.settings.room_length),
        create=True,
    )
    context.out.done(f"Made the room {name}.", name=name)


@command(app, "rename")
def rename(
    context: AdminContext,
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new name.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="What its people are told.")] = "",
) -> None:
    """Give a room another name; everything else about it stays."""
    told = one_line(reason, "reason", context.settings.topic_length) if reason else ""
    longest, auto_join = context.settings.room_length, context.settings.auto_join
    changed = context.change(lambda admin: rooms.rename_room(admin, name, new, longest, auto_join, told))
    new = rooms.check_room_name(new, longest)
    sentence = f"#{name.removeprefix('#')} is called {new} now." if changed else "It is called that already."
    context.out.done(sentence, room=name, name=new, changed=changed)


@command(app, "delete")
def delete(
    context: AdminContext,
    name: Name,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="What its people are told.")
    ] = "The room was deleted",
    yes: Yes = False,
) -> None:
    """Delete a room with its topic, modes, roles and lists. What was said there stays in the log."""
    told = one_line(reason, "reason", context.settings.topic_length)
    with context.reading() as session:
        found = rooms.get_room_details(session, name)
    confirm(
        f"Delete {found.name} for ever? Nobody will read in the chat what was said there (messages: "
        f"{found.messages}); `chat-admin history export` saves it before.",
        yes,
    )
    auto_join = context.settings.auto_join
    context.change(lambda admin: rooms.delete_room(admin, name, auto_join, told))
    context.out.done(f"{found.name} is deleted.", name=found.name, messages=found.messages, reason=told)


@command(app, "topic")
def topic(
    context: AdminContext,
    name: Name,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="The new topic.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take the topic away.")] = False,
) -> None:
    """Show the topic of a room, or set it."""
    if clear and text is not None:
        raise UsageError("Give either a text or --clear, not both.")
    if text is None and not clear:
        _show_topic(context, name)
        return
    wanted = "" if text is None else one_line(text, "topic", context.settings.topic_length)
    changed = context.change(lambda admin: rooms.set_topic(admin, name, wanted))
    sentence = "The topic is set." if changed else "The topic is that already."
    context.out.done(sentence, room=name, topic=wanted, changed=changed)


def _show_topic(context: AdminContext, name: str) -> None:
    with context.reading() as session:
        room = rooms.get_room_details(session, name)
    context.out.done(room.topic, room=room.name, topic=room.topic, by=room.topic_by, at=room.topic_at)
