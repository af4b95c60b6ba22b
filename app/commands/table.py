"""The list of all commands: HELP, and the commands of each family."""

from functools import cache

from app.commands import help
from app.commands.accounts import table as accounts
from app.commands.channels import table as channels
from app.commands.chathistory import table as chathistory
from app.commands.connect import table as connect
from app.commands.messaging import table as messaging
from app.commands.metadata import table as metadata
from app.commands.operators import table as operators
from app.commands.pseudoclients import table as pseudoclients
from app.commands.registry import CommandTable
from app.commands.users import table as users


@cache
def build_command_table() -> CommandTable:
    """Return the table of all commands."""
    return CommandTable(
        help.help_,
        help.helpop,
        *accounts.COMMANDS,
        *channels.COMMANDS,
        *chathistory.COMMANDS,
        *connect.COMMANDS,
        *messaging.COMMANDS,
        *metadata.COMMANDS,
        *operators.COMMANDS,
        *pseudoclients.COMMANDS,
        *users.COMMANDS,
    )
