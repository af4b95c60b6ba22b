"""Admission to rooms: the restrictions on joining that a room's modes and lists impose."""

from app.engine.world.room import Room
from app.engine.world.user import User
from app.services.accounts.passwords import is_same_password
from app.wire import numerics
from app.wire.numerics import Numeric


def find_entry_refusal(room: Room, user: User, key: str = "") -> Numeric | None:
    """Return the error for a user who may not join a room with this key, or None.

    The restrictions do not apply to invited users, or to administrators in official rooms.
    """
    if room.id in user.invited or (user.is_admin and room.official):
        return None
    if room.is_banned(user):
        return numerics.ERR_BANNEDFROMCHAN
    if "i" in room.modes and not room.is_listed("I", user):
        return numerics.ERR_INVITEONLYCHAN
    if "R" in room.modes and user.account is None:
        return numerics.ERR_NEEDREGGEDNICK
    if room.password is not None and not is_same_password(room.password, key or ""):
        return numerics.ERR_BADCHANNELKEY
    if room.limit is not None and len(room.members) >= room.limit:
        return numerics.ERR_CHANNELISFULL
    return None
