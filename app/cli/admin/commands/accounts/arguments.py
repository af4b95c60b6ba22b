"""The name of an account as an argument."""

from typing import Annotated

import typer

from app.cli.admin.completion import complete_accounts

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the account.", autocompletion=complete_accounts)
]
NewName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the account.")]
