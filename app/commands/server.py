"""What the server says of itself: MOTD, LUSERS, VERSION, TIME, INFO."""

from app.clock import to_datetime
from app.commands import isupport
from app.commands.context import Context
from app.commands.declare import command
from app.wire import numerics


@command("MOTD")
def motd(ctx: Context, server: str = "") -> None:
    """Show the message of the day."""
    lines = ctx.desk.settings.motd.splitlines()
    if not lines:
        ctx.reply(numerics.ERR_NOMOTD)
        return
    ctx.reply(numerics.RPL_MOTDSTART, text=f"- {ctx.desk.server} Message of the day -")
    for line in lines:
        ctx.reply(numerics.RPL_MOTD, text=f"- {line}")
    ctx.reply(numerics.RPL_ENDOFMOTD)


@command("LUSERS")
def lusers(ctx: Context, mask: str = "", server: str = "") -> None:
    """Show how many people are here."""
    world = ctx.world
    here = len(world.users)
    invisible = sum("i" in user.modes for user in world.users.values())
    unknown = sum(client.session is None for client in world.clients)
    ctx.reply(
        numerics.RPL_LUSERCLIENT,
        text=f"There are {here - invisible} users and {invisible} invisible on 1 servers",
    )
    ctx.reply(numerics.RPL_LUSEROP, str(sum(user.is_admin for user in world.users.values())))
    if unknown:
        ctx.reply(numerics.RPL_LUSERUNKNOWN, str(unknown))
    ctx.reply(numerics.RPL_LUSERCHANNELS, str(len(world.rooms)))
    ctx.reply(numerics.RPL_LUSERME, text=f"I have {here} clients and 0 servers")
    most = str(world.most_users)
    ctx.reply(numerics.RPL_LOCALUSERS, str(here), most, text=f"Current local users {here}, max {most}")
    ctx.reply(numerics.RPL_GLOBALUSERS, str(here), most, text=f"Current global users {here}, max {most}")


@command()
def version(ctx: Context, server: str = "") -> None:
    """Show the server's version and what it supports."""
    ctx.reply(numerics.RPL_VERSION, ctx.desk.version, ctx.desk.server, text=ctx.desk.network)
    isupport.show(ctx)


@command()
def time(ctx: Context, server: str = "") -> None:
    """Show the server's time, in UTC."""
    now = to_datetime(ctx.desk.clock.now()).strftime("%A %B %d %Y -- %H:%M:%S +00:00")
    ctx.reply(numerics.RPL_TIME, ctx.desk.server, text=now)


@command()
def info(ctx: Context, server: str = "") -> None:
    """Show what this server is."""
    started = to_datetime(ctx.desk.started).strftime("%Y-%m-%d %H:%M:%S UTC")
    ctx.reply(numerics.RPL_INFO, text=f"{ctx.desk.network}, running {ctx.desk.version}")
    ctx.reply(numerics.RPL_INFO, text="A group chat whose log is the truth: what you see is stored,")
    ctx.reply(numerics.RPL_INFO, text="and everybody sees it in the same order.")
    ctx.reply(numerics.RPL_INFO, text=f"Online since {started}")
    ctx.reply(numerics.RPL_ENDOFINFO)
