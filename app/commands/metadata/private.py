"""Private metadata: values that an account keeps about rooms and users for its own devices.

The keys are those of https://codeberg.org/emersion/soju/src/branch/master/doc/ext/metadata.md.
Nobody else sees them, not even the target, which need not exist: a refusal would reveal whether
a secret room does. Guests cannot set them.
"""

from dataclasses import dataclass

from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.metadata.replies import failed, invalid_value, too_many_keys, uses_revision_2
from app.engine.world.user import AccountInfo
from app.events import Event, Kind
from app.events.data import PrivateMetadataData
from app.wire.line import plain
from app.wire.metadata import PRIVATE_KEYS, PRIVATE_VALUES
from app.wire.name_rules import InvalidName, check_nick, check_room
from app.wire.names import MAX_NICK_BYTES, fold, is_room

MAX_PRIVATE_VALUES = 500  # per account
MAX_ROOM_LENGTH = 128  # the highest value of the setting `room_length`


@dataclass(frozen=True, slots=True)
class PrivateValue:
    """A value that an account keeps about a target."""

    target: str
    key: str
    value: str


def list_private_values(ctx: Context) -> list[PrivateValue]:
    """Return all values that the caller's account keeps, by target and key."""
    account = ctx.user.account if ctx.user else None
    if account is None:
        return []
    stored = sorted(account.private_metadata.items())
    return [PrivateValue(_displayed_name(ctx, target), key, value) for (target, key), value in stored]


def private_values_of(ctx: Context, target: str) -> dict[str, str]:
    """Return the values that the caller's account keeps about a target, by key."""
    account, folded = ctx.user.account if ctx.user else None, fold(_target_name(ctx, target))
    if account is None:
        return {}
    stored = account.private_metadata
    return {key: stored[folded, key] for key in sorted(PRIVATE_KEYS) if (folded, key) in stored}


def check_private_change(ctx: Context, word: str, key: str, value: str | None) -> tuple[str, str | None]:
    """Return the name of the target and the value to set, or None to delete the key.

    Raises: FailReply.
    """
    name = _target_name(ctx, word)
    account = _get_account(ctx, name, key)
    _check_target(name)
    if not uses_revision_2(ctx):
        value = value or None
    if value is not None and value not in PRIVATE_VALUES:
        raise invalid_value(ctx, key, "The value must be 0 or 1")
    stored = account.private_metadata
    if value is not None and (fold(name), key) not in stored and len(stored) >= MAX_PRIVATE_VALUES:
        raise too_many_keys(ctx, name, MAX_PRIVATE_VALUES)
    return name, value


def _check_target(name: str) -> None:
    """Check that a target is a valid name, whether or not it exists.

    Raises: FailReply with INVALID_TARGET.
    """
    try:
        if is_room(name):
            check_room(name, MAX_ROOM_LENGTH)
        else:
            check_nick(name, MAX_NICK_BYTES)
    except InvalidName as error:
        raise failed("INVALID_TARGET", plain(name), text=error.reason) from error


def set_private_value(ctx: Context, name: str, key: str, value: str | None) -> Event:
    """Store or delete a value, notify the account's other devices, and return the event."""
    account = _get_account(ctx, name, key)
    party = f"a{account.id}"
    event = Event(
        Kind.PRIVATE_METADATA,
        nick=ctx.runtime.server_name,
        account=account.name,
        target=name,
        text=value,
        data=PrivateMetadataData(party, key),
    )
    ctx.emit_without_reply(event)
    return event


def _get_account(ctx: Context, target: str, key: str) -> AccountInfo:
    account = ctx.user.account if ctx.user else None
    if account is None:
        raise _not_logged_in(target, key)
    return account


def _not_logged_in(target: str, key: str) -> FailReply:
    text = "This key is stored for an account; log in and complete the connection first"
    return failed("KEY_NO_PERMISSION", plain(target), key, text=text)


def _target_name(ctx: Context, word: str) -> str:
    return ctx.user.nick if word == "*" and ctx.user else word


def _displayed_name(ctx: Context, target: str) -> str:
    """Return a folded target as it is spelled now, if the caller may know that it exists."""
    me, room = ctx.user, ctx.world.find_room(target)
    if room is not None and me is not None and room.member(me) is not None:
        return room.name
    user = ctx.world.find_user(target)
    return target if user is None else user.nick
