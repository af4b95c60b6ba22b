"""What the server says of itself: MOTD, LUSERS, VERSION, TIME, INFO, ADMIN, LINKS."""

from app.clock import to_datetime, to_text
from app.commands import isupport
from app.commands.answers import Refused
from app.commands.context import Context
from app.commands.declare import command
from app.wire import numerics
from app.wire.masks import matches


@command(cost=2, blind=True)
def motd(ctx: Context, server: str = "") -> None:
    """Show the message of the day."""
    refuse_other(ctx, server)
    lines = ctx.desk.settings.motd.replace("\0", "").splitlines()
    if not lines:
        ctx.reply(numerics.ERR_NOMOTD)
        return
    ctx.reply(numerics.RPL_MOTDSTART, text=f"- {ctx.desk.server} Message of the day -")
    for line in lines:
        ctx.reply(numerics.RPL_MOTD, text=f"- {line}".rstrip())
    ctx.reply(numerics.RPL_ENDOFMOTD)


@command()
def lusers(ctx: Context, mask: str = "", server: str = "") -> None:
    """Show how many people and rooms are here."""
    world = ctx.world
    here, most = len(world.users), str(world.most_users)
    invisible = world.tally.invisible
    told = f"There are {here - invisible} users and {invisible} invisible on 1 servers"
    ctx.reply(numerics.RPL_LUSERCLIENT, text=told)
    ctx.reply(numerics.RPL_LUSEROP, str(world.tally.administrators))
    unknown = sum(not client.ended for client in world.strangers)
    if unknown:
        ctx.reply(numerics.RPL_LUSERUNKNOWN, str(unknown))
    ctx.reply(numerics.RPL_LUSERCHANNELS, str(len(world.rooms)))
    ctx.reply(numerics.RPL_LUSERME, text=f"I have {here} clients and 0 servers")
    ctx.reply(numerics.RPL_LOCALUSERS, str(here), most, text=f"Current local users {here}, max {most}")
    ctx.reply(numerics.RPL_GLOBALUSERS, str(here), most, text=f"Current global users {here}, max {most}")


@command(blind=True)
def version(ctx: Context, server: str = "") -> None:
    """Show the server's version and what it supports."""
    refuse_other(ctx, server)
    ctx.reply(numerics.RPL_VERSION, ctx.desk.version, ctx.desk.server, text=ctx.desk.network)
    isupport.show(ctx)


@command(blind=True)
def time(ctx: Context, server: str = "") -> None:
    """Show the server's time, in UTC."""
    refuse_other(ctx, server)
    now = to_datetime(ctx.desk.clock.now()).strftime("%A %B %d %Y -- %H:%M:%S +00:00")
    ctx.reply(numerics.RPL_TIME, ctx.desk.server, text=now)


@command(blind=True)
def info(ctx: Context, server: str = "") -> None:
    """Show what this server is."""
    refuse_other(ctx, server)
    ctx.reply(numerics.RPL_INFO, text=f"{ctx.desk.network}, running {ctx.desk.version}")
    ctx.reply(numerics.RPL_INFO, text="A group chat whose log is the truth: what you see is stored,")
    ctx.reply(numerics.RPL_INFO, text="and everybody sees it in the same order.")
    ctx.reply(numerics.RPL_INFO, text=f"Online since {to_text(ctx.desk.started)}")
    ctx.reply(numerics.RPL_ENDOFINFO)


@command()
def admin(ctx: Context, server: str = "") -> None:
    """Show which administrators are here, to be asked for help."""
    refuse_other(ctx, server)
    nicks = [user.nick for user in ctx.world.users.values() if user.is_admin]
    if not nicks:
        raise Refused(numerics.ERR_NOADMININFO, ctx.desk.server, text="No administrator is here now")
    ctx.reply(numerics.RPL_ADMINME, ctx.desk.server)
    ctx.reply(numerics.RPL_ADMINLOC1, text=ctx.desk.network)
    ctx.reply(numerics.RPL_ADMINLOC2, text=f"Administrators who are here now: {', '.join(nicks)}")
    ctx.reply(numerics.RPL_ADMINEMAIL, text="Write to one of them with PRIVMSG")


@command(blind=True)
def links(ctx: Context, server: str = "", mask: str = "") -> None:
    """Show the servers of the network; what they are is not for everybody to know, so the list is empty."""
    ctx.reply(numerics.RPL_ENDOFLINKS, "*")


def refuse_other(ctx: Context, server: str) -> None:
    """Refuse a question about another server than this one, or than that of somebody who is here.

    Raises: Refused with ERR_NOSUCHSERVER.
    """
    names = (ctx.desk.server, ctx.desk.network)
    if server and not any(matches(server, name) for name in names) and not ctx.world.find_user(server):
        raise Refused(numerics.ERR_NOSUCHSERVER, server)
