"""Server information: MOTD, LUSERS, VERSION, TIME, INFO, ADMIN and LINKS."""

from collections.abc import Iterator

from app.clock import to_datetime, to_text
from app.commands.connect import isupport
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.query_masks import check_query_mask
from app.commands.registry import command
from app.commands.runtime import Runtime
from app.engine.world.world import World
from app.wire import numerics
from app.wire.masks import matches
from app.wire.template import NICK


@command(cost=2, reads_world=False)
def motd(ctx: Context, server: str = "") -> None:
    """Show the message of the day."""
    check_server(ctx, server)
    ctx.send_template(_motd_lines)


def _motd_lines(runtime: Runtime) -> Iterator[str]:
    to = (runtime.server_name, NICK)
    lines = runtime.settings.motd.replace("\0", "").splitlines()
    if not lines:
        yield numerics.ERR_NOMOTD.format(*to)
        return
    yield numerics.RPL_MOTDSTART.format(*to, text=f"- {runtime.server_name} Message of the day -")
    for line in lines:
        yield numerics.RPL_MOTD.format(*to, text=f"- {line}".rstrip())
    yield numerics.RPL_ENDOFMOTD.format(*to)


@command()
def lusers(ctx: Context, mask: str = "", server: str = "") -> None:
    """Show the number of users, administrators and rooms."""
    ctx.send_lines(*_lusers_lines(ctx.world, (ctx.runtime.server_name, ctx.client.nick)))


def _lusers_lines(world: World, to: tuple[str, str]) -> Iterator[str]:
    current, peak = len(world.users), str(world.peak_users)
    invisible = world.user_counts.invisible
    text = f"There are {current - invisible} users and {invisible} invisible on 1 servers"
    yield numerics.RPL_LUSERCLIENT.format(*to, text=text)
    yield numerics.RPL_LUSEROP.format(*to, str(world.user_counts.administrators))
    if world.unregistered and len(world.live_nodes) == 1:  # those of other nodes are not known
        yield numerics.RPL_LUSERUNKNOWN.format(*to, str(len(world.unregistered)))
    yield numerics.RPL_LUSERCHANNELS.format(*to, str(len(world.rooms)))
    yield numerics.RPL_LUSERME.format(*to, text=f"I have {current} clients and 0 servers")
    for numeric, scope in ((numerics.RPL_LOCALUSERS, "local"), (numerics.RPL_GLOBALUSERS, "global")):
        yield numeric.format(*to, str(current), peak, text=f"Current {scope} users {current}, max {peak}")


@command(reads_world=False)
def version(ctx: Context, server: str = "") -> None:
    """Show the version of the server and its ISUPPORT tokens."""
    check_server(ctx, server)
    ctx.reply(
        numerics.RPL_VERSION, ctx.runtime.version, ctx.runtime.server_name, text=ctx.runtime.network_name
    )
    isupport.send_isupport(ctx)


@command(reads_world=False)
def time(ctx: Context, server: str = "") -> None:
    """Show the time of the server, in UTC."""
    check_server(ctx, server)
    now = to_datetime(ctx.runtime.clock.now()).strftime("%A %B %d %Y -- %H:%M:%S +00:00")
    ctx.reply(numerics.RPL_TIME, ctx.runtime.server_name, text=now)


@command(reads_world=False)
def info(ctx: Context, server: str = "") -> None:
    """Show the server's software, version and start time."""
    check_server(ctx, server)
    ctx.reply(numerics.RPL_INFO, text=f"{ctx.runtime.network_name}, running {ctx.runtime.version}")
    ctx.reply(numerics.RPL_INFO, text="A group chat server with a durable log: a message is stored")
    ctx.reply(numerics.RPL_INFO, text="before it is delivered, and all users see the same order.")
    ctx.reply(numerics.RPL_INFO, text=f"Online since {to_text(ctx.runtime.serving_since)}")
    ctx.reply(numerics.RPL_ENDOFINFO)


@command()
def admin(ctx: Context, server: str = "") -> None:
    """List the administrators who are online."""
    check_server(ctx, server)
    nicks = sorted(user.nick for user in ctx.world.users.values() if user.is_admin)
    if not nicks:
        raise NumericError(
            numerics.ERR_NOADMININFO, ctx.runtime.server_name, text="No administrator is online"
        )
    ctx.reply(numerics.RPL_ADMINME, ctx.runtime.server_name)
    ctx.reply(numerics.RPL_ADMINLOC1, text=ctx.runtime.network_name)
    ctx.reply(numerics.RPL_ADMINLOC2, text=f"Administrators online: {', '.join(nicks)}")
    ctx.reply(numerics.RPL_ADMINEMAIL, text="Contact one of them with PRIVMSG")


@command()
def links(ctx: Context, server: str = "", mask: str = "") -> None:
    """List the nodes, the servers that share the database; for administrators only.

    For others the list is empty: the topology is not public.
    """
    world = ctx.world
    for node in sorted(world.live_nodes) if ctx.me.is_admin else ():
        hops = int(node != world.node)
        text = f"{hops} {ctx.runtime.network_name}"
        ctx.reply(numerics.RPL_LINKS, node, ctx.runtime.server_name, text=text)
    ctx.reply(numerics.RPL_ENDOFLINKS, "*")


def check_server(ctx: Context, server: str) -> None:
    """Refuse a query for another server; a matching mask or an online nick selects this server.

    Raises: NumericError with ERR_NOSUCHSERVER or ERR_BADMASK.
    """
    if not server or ctx.world.find_user(server):
        return
    check_query_mask(server)
    if not any(matches(server, name) for name in (ctx.runtime.server_name, ctx.runtime.network_name)):
        raise NumericError(numerics.ERR_NOSUCHSERVER, server)
