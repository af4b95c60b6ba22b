"""Invitations to rooms: INVITE."""

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.events import Kind
from app.events.data import InvitedData
from app.wire import numerics


@command(cost=2, writes=True)
def invite(ctx: Context, nick: str | None = None, channel: str = "") -> None:
    """Invite a user to a room, or list your own invitations.

    An invitation admits the user once, regardless of the modes and bans of the room.
    """
    if nick is None:
        _list_invitations(ctx)
        return
    if not channel:
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, "INVITE")
    target = ctx.get_user(nick)
    if target.is_pseudoclient:
        raise NumericError(
            numerics.ERR_NOSUCHNICK, target.nick, text=f"{target.nick} is a service and does not join rooms"
        )
    room = ctx.get_joined_room(channel)
    if ("i" in room.modes or room.is_banned(target)) and not room.is_operator(ctx.me):
        raise NumericError(numerics.ERR_CHANOPRIVSNEEDED, room.name)
    if room.member(target) is not None:
        raise NumericError(numerics.ERR_USERONCHANNEL, target.nick, room.name)
    ctx.reply(numerics.RPL_INVITING, target.nick, room.name)
    data = InvitedData(target.session, room.name)
    event = ctx.event(Kind.INVITED, room, target=target.nick, data=data)
    ctx.emit_without_reply(event)
    if target.away is not None:
        ctx.reply(numerics.RPL_AWAY, target.nick, text=target.away)


def _list_invitations(ctx: Context) -> None:
    for room in ctx.me.invited & ctx.world.rooms.keys():
        ctx.reply(numerics.RPL_INVITELIST, ctx.world.rooms[room].name)
    ctx.reply(numerics.RPL_ENDOFINVITELIST)
