"""chat-admin ban: server-wide bans."""

from typing import Annotated

import typer

from app.cli.admin.command_declaration import Yes, command, new_noun
from app.cli.admin.commands.moderation.kick import MAX_REASON_LENGTH
from app.cli.admin.context import AdminContext
from app.cli.admin.prompts import confirm, one_line
from app.clock import to_iso_or_none, until
from app.services.administration import bans
from app.text.durations import parse_milliseconds

app = new_noun("ban", "Manage server-wide bans.")

Mask = Annotated[
    str,
    typer.Argument(metavar="WHO", help="Account, nick mask (spam*!*@*), address, or network (192.0.2.0/24)."),
]


@command(app, "add")
def add(
    context: AdminContext,
    mask: Mask,
    kind: Annotated[
        bans.BanType | None,
        typer.Option("--type", metavar="TYPE", help="Type of WHO if ambiguous: account, nick or address."),
    ] = None,
    length: Annotated[
        str | None,
        typer.Option("--for", metavar="TIME", help="Duration: 30m, 12h, 2d, 3w. Default: permanent."),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Reason shown to the banned user.")
    ] = "Banned",
    yes: Yes = False,
) -> None:
    """Ban an account, nick mask, address or network from the server."""
    reason = one_line(reason, "reason", MAX_REASON_LENGTH)
    expires = None if length is None else context.clock.now() + parse_milliseconds(length)
    kind = kind or bans.detect_ban_type(mask)
    with context.reading() as session:
        mask = bans.normalise_ban_mask(kind, mask, bans.account_name_lookup(session))
    confirm(f"Ban the {kind.value} {mask} {until(expires)}?", yes)
    context.change(lambda admin: bans.add_ban(admin, kind, mask, reason, expires))
    context.out.done(
        f"Banned the {kind.value} {mask} {until(expires)}.",
        type=kind.value,
        mask=mask,
        reason=reason,
        expires=to_iso_or_none(expires),
    )


@command(app, "list")
def list_(
    context: AdminContext,
    expired: Annotated[bool, typer.Option("--expired", help="Include expired and removed bans.")] = False,
) -> None:
    """List active bans."""
    with context.reading() as session:
        found = bans.list_bans(session, context.clock.now(), expired)
    context.out.table(found, "There are no active bans.")


@command(app, "remove")
def remove(context: AdminContext, mask: Mask) -> None:
    """Remove the bans on an account, nick mask, address or network."""
    context.change(lambda admin: bans.remove_ban(admin, mask))
    context.out.done(f"Removed the ban on {mask}.", mask=mask)
