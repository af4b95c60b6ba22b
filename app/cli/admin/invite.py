"""chat-admin invite: codes for those who may make an account where not everybody may."""

from typing import Annotated

import typer

from app.cli.admin.context import AdminContext
from app.cli.admin.declare import command, new_noun
from app.clock import to_iso_or_none, until
from app.services import invitations
from app.services.codes import new_code
from app.services.durations import parse_milliseconds

app = new_noun("invite", "Make and take back codes with which people may register.")


@command(app, "create")
def create(
    context: AdminContext,
    uses: Annotated[
        int,
        typer.Option(
            "--uses", min=1, max=100_000, metavar="N", help="How many accounts may be made with it."
        ),
    ] = 1,
    expires: Annotated[
        str, typer.Option("--expires", metavar="TIME", help="How long it holds: 12h, 7d, 3w; or `never`.")
    ] = "7d",
) -> None:
    """Make a code. It is shown now and never again."""
    end = None if expires == "never" else context.clock.now() + parse_milliseconds(expires)
    code = new_code(context.clock, invitations.CODE_LENGTH)
    context.change(lambda admin: invitations.create_invitation(admin, code, uses, end), create=True)
    if context.settings.registration != "invitation":
        context.out.note(
            f"The setting registration is {context.settings.registration}, so nobody is asked for a code."
        )
    context.out.done(code, code=code, uses=uses, expires=to_iso_or_none(end))
    accounts = "one account" if uses == 1 else f"{uses} accounts"
    context.out.note(
        f"Whoever shows this code may register: /reg in chat-client, or REGISTER * {code} PASSWORD."
    )
    context.out.note(f"It is good for {accounts}, {until(end)}; it is not shown again.")


@command(app, "list")
def list_(context: AdminContext) -> None:
    """List the codes by their first letters, and how often each was used."""
    with context.reading() as session:
        found = invitations.list_invitations(session, context.clock.now())
    context.out.table(found, "There are no invitations; `chat-admin invite create` makes one.")


@command(app, "revoke")
def revoke(
    context: AdminContext,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The first six letters of the code.")],
) -> None:
    """Take a code back; accounts made with it stay."""
    context.change(lambda admin: invitations.revoke_invitation(admin, code))
    name = code.casefold()[: invitations.NAME_LENGTH]
    context.out.done(f"The invitation {name} is taken back.", name=name)
