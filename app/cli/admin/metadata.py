"""chat-admin user metadata and room metadata: show and remove IRCv3 metadata."""

from collections.abc import Callable, Collection, Mapping
from typing import Annotated

import typer

from app.cli.admin import room, user
from app.cli.admin.command_declaration import Yes
from app.cli.admin.context import AdminContext
from app.cli.admin.prompts import confirm
from app.errors import UsageError
from app.services import metadata, moderation
from app.services.accounts import get_account
from app.services.admin_changes import AdminChange, Administrator
from app.services.rooms import get_room
from app.wire.names import Key, fold

Remove = Annotated[
    list[str] | None,
    typer.Option("--remove", metavar="KEY", help="Remove this key. Can be repeated."),
]
Clear = Annotated[bool, typer.Option("--clear", help="Remove all keys.")]
RemoveMetadata = Callable[[Administrator, str, Collection[str]], AdminChange]


def of_user(
    context: AdminContext, name: user.Name, remove: Remove = None, clear: Clear = False, yes: Yes = False
) -> None:
    """Show or remove an account's metadata (avatar, display-name, ...).

    The keys that only the account itself sees are shown as private. They are never removed.
    """
    with context.reading() as session:
        account = get_account(session, fold(name))
        name, values = account.name, metadata.get_account_metadata(session, account.id)
        private = metadata.load_private_metadata(session.connection(), f"a{account.id}")
    if _is_change(remove, clear):
        _remove(context, name, moderation.remove_account_metadata, remove or (), yes)
    else:
        _show(context, name, values, private)


def of_room(
    context: AdminContext, name: room.Name, remove: Remove = None, clear: Clear = False, yes: Yes = False
) -> None:
    """Show or remove a room's metadata (avatar, display-name, ...)."""
    with context.reading() as session:
        found = get_room(session, name)
        name, values = found.name, metadata.get_room_metadata(session, found.id)
    if _is_change(remove, clear):
        _remove(context, name, moderation.remove_room_metadata, remove or (), yes)
    else:
        _show(context, name, values, {})


def _is_change(remove: Remove, clear: bool) -> bool:
    """Return whether the options request the removal of metadata.

    Raises: UsageError if both options are given.
    """
    if clear and remove:
        raise UsageError("Give either --remove or --clear, not both.")
    return clear or bool(remove)


def _show(
    context: AdminContext, name: str, values: Mapping[str, str], private: Mapping[tuple[Key, str], str]
) -> None:
    """Print public values, and the private values that an account keeps about targets."""
    rows = [_row(name, key, value, "public") for key, value in values.items()]
    rows += [_row(target, key, value, "private") for (target, key), value in private.items()]
    context.out.table(rows, f"{name} has no metadata.")


def _row(target: str, key: str, value: str, visibility: str) -> dict[str, str]:
    return {"key": key, "value": value, "target": target, "visibility": visibility}


def _remove(
    context: AdminContext, name: str, remove_keys: RemoveMetadata, keys: Collection[str], yes: bool
) -> None:
    confirm(f"Remove metadata of {name}?", yes)
    changed = context.change(lambda admin: remove_keys(admin, name, keys))
    sentence = "Metadata removed." if changed else f"{name} has no such metadata."
    context.out.done(sentence, name=name, changed=changed)
