"""chat-admin invite: invitation codes for registration."""

from typing import Annotated

import typer

from app.cli.admin.command_declaration import command, new_noun
from app.cli.admin.context import AdminContext
from app.clock import to_iso_or_none, until
from app.services.accounts import invitations
from app.services.accounts.codes import new_code
from app.text.durations import parse_milliseconds

app = new_noun("invite", "Create and revoke invitation codes.")


@command(app, "create")
def create(
    context: AdminContext,
    uses: Annotated[
        int,
        typer.Option(
            "--uses", min=1, max=100_000, metavar="N", help="Number of accounts the code may create."
        ),
    ] = 1,
    expires: Annotated[
        str, typer.Option("--expires", metavar="TIME", help="Lifetime: 12h, 7d, 3w, or `never`.")
    ] = "7d",
) -> None:
    """Create a code. It is shown once and never again."""
    end = None if expires == "never" else context.clock.now() + parse_milliseconds(expires)
    code = new_code(context.clock, invitations.CODE_LENGTH)
    context.change(lambda admin: invitations.create_invitation(admin, code, uses, end), create=True)
    if context.settings.registration != "invitation":
        context.out.note(
            f"The setting registration is {context.settings.registration}: no code is needed to register."
        )
    context.out.done(code, code=code, uses=uses, expires=to_iso_or_none(end))
    accounts = "one account" if uses == 1 else f"{uses} accounts"
    context.out.note(
        f"To register with it: /reg in chat-client, or REGISTER * {code} PASSWORD in any client."
    )
    context.out.note(f"It is valid for {accounts}, {until(end)}. It is not shown again.")


@command(app, "list")
def list_(context: AdminContext) -> None:
    """List invitation codes by their first letters, with their use counts."""
    with context.reading() as session:
        found = invitations.list_invitations(session, context.clock.now())
    context.out.table(found, "There are no invitations. Create one with `chat-admin invite create`.")


@command(app, "revoke")
def revoke(
    context: AdminContext,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code, or its first six letters.")],
) -> None:
    """Revoke a code. Accounts created with it remain."""
    context.change(lambda admin: invitations.revoke_invitation(admin, code))
    name = code.casefold()[: invitations.NAME_LENGTH]
    context.out.done(f"Revoked the invitation {name}.", name=name)
