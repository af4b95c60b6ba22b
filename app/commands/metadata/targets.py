"""The targets of METADATA: who may see and change the metadata of a user or a room."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.metadata.private import private_values_of
from app.commands.metadata.replies import failed
from app.engine.world.room import Room
from app.engine.world.user import User


@dataclass(frozen=True, slots=True)
class MetadataTarget:
    """A resolved target: its name, its visible values, and its owner (None before registration)."""

    name: str
    values: Mapping[str, str]
    owner: User | Room | None = None


def get_target(ctx: Context, word: str) -> MetadataTarget:
    """Return the user or room that a target parameter refers to.

    Raises: FailReply when there is no such nick or room, or the caller may not see it.
    """
    me = ctx.user
    if me is None:
        if word != "*":
            raise failed("INVALID_TARGET", word, text="Before registration, the only valid target is `*`")
        return MetadataTarget("*", ctx.client.registration.metadata)
    room = ctx.find_room(word)
    if room is not None:
        may_read = room.member(me) is not None or me.is_admin
        return MetadataTarget(room.name, room.metadata if may_read else {}, room)
    user = me if word == "*" else ctx.world.find_user(word)
    if user is None:
        raise failed("INVALID_TARGET", word, text="No such nick or room")
    return MetadataTarget(user.nick, user.profile, user)


def get_readable_target(ctx: Context, word: str, is_private: bool) -> MetadataTarget:
    """Return a target with its public values and those that the caller's account keeps about it.

    With `is_private`, the target need not exist.

    Raises: FailReply.
    """
    private = private_values_of(ctx, word)
    try:
        found = get_target(ctx, word)
    except FailReply:
        if not is_private or ctx.user is None:
            raise
        found = MetadataTarget(word, {})
    return replace(found, values={**found.values, **private})


def check_may_change(ctx: Context, target: MetadataTarget, key: str) -> None:
    """Check that the caller may change the target; administrators may change any target.

    Raises: FailReply with KEY_NO_PERMISSION.
    """
    me, owner = ctx.user, target.owner
    if me is None or me.is_admin:
        return
    if isinstance(owner, Room):
        may_change, text = owner.is_operator(me), "Only operators can change the metadata of a room"
    else:
        may_change = owner is not None and owner.principal is me.principal
        text = "You cannot change the metadata of other users"
    if not may_change:
        raise failed("KEY_NO_PERMISSION", target.name, key, text=text)
