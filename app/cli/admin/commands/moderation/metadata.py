"""The common part of `user metadata` and `room metadata`: show and remove IRCv3 metadata."""

from collections.abc import Callable, Collection, Mapping
from typing import Annotated

import typer

from app.cli.admin.context import AdminContext
from app.cli.admin.prompts import confirm
from app.errors import UsageError
from app.services.administration.admin_changes import AdminChange, Administrator
from app.wire.names import Key

Remove = Annotated[
    list[str] | None,
    typer.Option("--remove", metavar="KEY", help="Remove this key. Can be repeated."),
]
Clear = Annotated[bool, typer.Option("--clear", help="Remove all keys.")]
PrivateMetadata = Mapping[tuple[Key, str], str]  # by target and key
RemoveMetadata = Callable[[Administrator, str, Collection[str]], AdminChange]


def show_or_remove(
    context: AdminContext,
    name: str,
    values: Mapping[str, str],
    private: PrivateMetadata,
    remove_keys: RemoveMetadata,
    remove: Remove,
    clear: bool,
    yes: bool,
) -> None:
    """Show the metadata of an account or a room, or remove some or all of it.

    `private` are the keys that only the account itself sees. They are shown, and never removed.
    """
    if _is_change(remove, clear):
        _remove(context, name, remove_keys, remove or (), yes)
    else:
        _show(context, name, values, private)


def _is_change(remove: Remove, clear: bool) -> bool:
    """Return whether the options request the removal of metadata.

    Raises: UsageError if both options are given.
    """
    if clear and remove:
        raise UsageError("Give either --remove or --clear, not both.")
    return clear or bool(remove)


def _show(context: AdminContext, name: str, values: Mapping[str, str], private: PrivateMetadata) -> None:
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
