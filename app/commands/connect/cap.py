"""Capability negotiation: CAP and its subcommands (IRCv3 capability-negotiation, version 302)."""

from app.commands.connect import capabilities
from app.commands.connect.registration import complete_registration
from app.commands.context import Context
from app.commands.registry import command, subcommand
from app.engine.submission_unit import SlowWork
from app.wire import numerics
from app.wire.framing import space_after
from app.wire.packing import pack_words


@command("CAP", before_registration=True, reads_world=False)
def cap(ctx: Context, subcommand: str, *more: str) -> None:
    """Negotiate capabilities (IRCv3): LS, LIST, REQ or END."""
    ctx.reply(numerics.ERR_INVALIDCAPCMD, subcommand)


@subcommand()
def cap_ls(ctx: Context, version: str = "") -> None:
    """List the capabilities of the server.

    Version 302 includes their values. Before registration, LS suspends registration until CAP END.
    """
    _suspend_registration(ctx)
    version_number = int(version[:6]) if version.isascii() and version.isdigit() else 0
    ctx.client.cap_version = max(ctx.client.cap_version, version_number)
    listed = capabilities.listed_capabilities(ctx.runtime.settings, ctx.client, version_number)
    _send_list(ctx, "LS", capabilities.format_capabilities(listed))


@subcommand()
def cap_list(ctx: Context) -> None:
    """List the capabilities enabled for this connection."""
    _send_list(ctx, "LIST", sorted(ctx.client.caps))


@subcommand()
def cap_req(ctx: Context, wanted: str = "") -> None:
    """Enable capabilities, or disable those with a leading minus sign.

    The request is accepted or rejected as a whole. Before registration, REQ suspends registration
    until CAP END.
    """
    _suspend_registration(ctx)
    caps = set(ctx.client.caps)
    offered = capabilities.offered_capabilities(ctx.runtime.settings)
    for word in wanted.split():
        name = word.removeprefix("-")
        if name not in offered:
            _send_verdict(ctx, "NAK", wanted)
            return
        (caps.discard if word.startswith("-") else caps.add)(name)
    ctx.world.set_capabilities(ctx.client, frozenset(caps))
    _send_verdict(ctx, "ACK", wanted)


@subcommand(writes=True)
def cap_end(ctx: Context) -> SlowWork | None:
    """End the negotiation and resume registration."""
    if ctx.client.session is not None:
        return None
    ctx.client.registration.negotiating = False
    return complete_registration(ctx)


def _suspend_registration(ctx: Context) -> None:
    if ctx.client.session is None:
        ctx.client.registration.negotiating = True


def _send_verdict(ctx: Context, verdict: str, wanted: str) -> None:
    """Send ACK or NAK, repeating the request, in as many lines as needed."""
    start = f"CAP {ctx.client.nick} {verdict}"
    for words in pack_words(wanted.split(" "), space_after(f":{ctx.runtime.server_name} {start} :")):
        ctx.send_from_server(start, text=words)


def _send_list(ctx: Context, subcommand: str, words: list[str]) -> None:
    """Send a list of capabilities; every line except the last has `*` before the list."""
    start = f"CAP {ctx.client.nick} {subcommand}"
    space = space_after(f":{ctx.runtime.server_name} {start} * :")
    lines = list(pack_words(words, space)) or [""]
    for line in lines[:-1]:
        ctx.send_from_server(start, "*", text=line)
    ctx.send_from_server(start, text=lines[-1])
