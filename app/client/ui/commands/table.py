"""The table of slash commands, from which `/help` and completion are derived."""

from app.client.ui.command_registry import SlashCommands
from app.client.ui.commands import accounts, messaging, references, rooms, searching, session, users


def slash_commands() -> SlashCommands:
    """Return the table, in the order in which `/help` lists it."""
    return SlashCommands(
        session.help_,
        accounts.reg,
        accounts.verify,
        accounts.auth,
        accounts.unauth,
        rooms.enter,
        rooms.quit_,
        searching.history,
        searching.search,
        session.disconn,
        rooms.join,
        rooms.part,
        messaging.msg,
        messaging.me,
        references.reply,
        references.react,
        references.unreact,
        references.redact,
        users.nick,
        rooms.topic,
        rooms.names,
        users.who,
        users.whois,
        rooms.invite,
        users.away,
        rooms.list_,
        messaging.resend,
        messaging.cancel,
    )
