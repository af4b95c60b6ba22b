"""chat-admin room members, room role: who is in a room, and the roles of accounts."""

from typing import Annotated

import typer

from app.cli.admin.completion import complete_accounts, complete_rooms
from app.cli.admin.context import AdminContext
from app.services.rooms import modes as room_modes
from app.services.users import sessions

Name = Annotated[
    str,
    typer.Argument(
        metavar="ROOM",
        help="Name of the room, quoted for the shell: '#ops'.",
        autocompletion=complete_rooms,
    ),
]
NewName = Annotated[str, typer.Argument(metavar="ROOM", help="Name of the new room: '#ops'.")]


def list_members(context: AdminContext, name: Name) -> None:
    """List the users who are in a room, with their roles."""
    with context.reading() as session:
        found = sessions.list_members(session, name)
    context.out.table(found, "The room is empty.")


def set_role(
    context: AdminContext,
    name: Name,
    account: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the account.", autocompletion=complete_accounts)
    ],
    role: Annotated[
        str | None, typer.Argument(metavar="ROLE", help="New role: operator, voice or none.")
    ] = None,
) -> None:
    """Show or set the role of an account in a room. The account keeps it when it leaves."""
    with context.reading() as session:
        room, account, current = room_modes.find_room_role(session, name, account)
    if role is None:
        context.out.done(current, room=room, account=account, role=current)
        return
    changed = context.change(lambda admin: room_modes.set_room_role(admin, room, account, role))
    verb = "is now" if changed else "is already"
    sentence = f"The role of {account} in {room} {verb}: {role}."
    context.out.done(sentence, room=room, account=account, role=role, changed=changed)
