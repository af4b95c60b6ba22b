"""chat-admin user rename."""

from typing import Annotated

import typer

from app.cli.admin.completion import complete_accounts
from app.cli.admin.context import AdminContext
from app.services.accounts import renaming
from app.services.users.people import get_person


def rename(
    context: AdminContext,
    name: Annotated[
        str, typer.Argument(metavar="OLD", help="Name of the account.", autocompletion=complete_accounts)
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new name.")],
) -> None:
    """Rename an account. Its users stay online; its messages and conversations remain its own.

    Nobody else may use the old name for a time (setting `name_reservation_days`).
    """
    settings = context.settings
    changed = context.change(
        lambda admin: renaming.rename_user(
            admin, name, new, settings.nick_length, settings.name_reservation_days
        )
    )
    with context.reading() as session:
        new = get_person(session, new).name
    sentence = f"Renamed {name} to {new}." if changed else f"The account is already named {new}."
    context.out.done(sentence, account=name, name=new, changed=changed)
