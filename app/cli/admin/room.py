"""chat-admin room: the rooms."""

from typing import Annotated

import typer

from app.cli.admin.asking import confirm, one_line
from app.cli.admin.declare import Yes, command, new_noun
from app.cli.admin.desk import Desk
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
def list_(desk: Desk, search: Search = None) -> None:
    """List the rooms."""
    with desk.reading() as session:
        found = rooms.rooms(session, search)
    desk.out.table(found, "There are no such rooms.")


@command(app, "show")
def show(desk: Desk, name: Name) -> None:
    """Show all about a room: topic, modes, roles, lists, messages, metadata."""
    with desk.reading() as session:
        found = rooms.details(session, name)
    desk.out.record(found)


@command(app, "create")
def create(desk: Desk, name: Name) -> None:
    """Make a room that belongs to nobody and stays when it is empty."""
    name = rooms.room_name(name, desk.settings.room_length)
    desk.change(
        lambda admin: rooms.created(admin, name, desk.settings.room_length),
        create=True,
    )
    desk.out.done(f"Made the room {name}.", name=name)


@command(app, "rename")
def rename(
    desk: Desk,
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new name.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="What its people are told.")] = "",
) -> None:
    """Give a room another name; everything else about it stays."""
    told = one_line(reason, "reason", desk.settings.topic_length) if reason else ""
    longest, auto_join = desk.settings.room_length, desk.settings.auto_join
    changed = desk.change(lambda admin: rooms.renamed(admin, name, new, longest, auto_join, told))
    new = rooms.room_name(new, longest)
    sentence = f"#{name.removeprefix('#')} is called {new} now." if changed else "It is called that already."
    desk.out.done(sentence, room=name, name=new, changed=changed)


@command(app, "delete")
def delete(
    desk: Desk,
    name: Name,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="What its people are told.")
    ] = "The room was deleted",
    yes: Yes = False,
) -> None:
    """Delete a room with its topic, modes, roles and lists. What was said there stays in the log."""
    told = one_line(reason, "reason", desk.settings.topic_length)
    with desk.reading() as session:
        found = rooms.details(session, name)
    confirm(
        f"Delete {found.name} for ever? Nobody will read in the chat what was said there (messages: "
        f"{found.messages}); `chat-admin history export` saves it before.",
        yes,
    )
    auto_join = desk.settings.auto_join
    desk.change(lambda admin: rooms.deleted(admin, name, auto_join, told))
    desk.out.done(f"{found.name} is deleted.", name=found.name, messages=found.messages, reason=told)


@command(app, "topic")
def topic(
    desk: Desk,
    name: Name,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="The new topic.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take the topic away.")] = False,
) -> None:
    """Show the topic of a room, or set it."""
    if clear and text is not None:
        raise UsageError("Give either a text or --clear, not both.")
    if text is None and not clear:
        _show_topic(desk, name)
        return
    wanted = "" if text is None else one_line(text, "topic", desk.settings.topic_length)
    changed = desk.change(lambda admin: rooms.topic_set(admin, name, wanted))
    sentence = "The topic is set." if changed else "The topic is that already."
    desk.out.done(sentence, room=name, topic=wanted, changed=changed)


def _show_topic(desk: Desk, name: str) -> None:
    with desk.reading() as session:
        room = rooms.details(session, name)
    desk.out.done(room.topic, room=room.name, topic=room.topic, by=room.topic_by, at=room.topic_at)
