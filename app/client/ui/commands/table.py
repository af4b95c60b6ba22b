"""The tables of slash commands, from which `/help` and completion are derived."""

from app.client.ui.command_registry import SlashCommand, SlashCommands
from app.client.ui.commands import (
    accounts,
    appearance,
    ignoring,
    legacy,
    messaging,
    moderation,
    muting,
    references,
    rooms,
    searching,
    session,
    users,
)

ROOMS = (
    rooms.join,
    rooms.part,
    rooms.enter,
    rooms.list_,
    rooms.names,
    rooms.topic,
    rooms.invite,
    muting.mute,
    muting.unmute,
)
MESSAGES = (
    messaging.msg,
    messaging.query,
    messaging.close,
    messaging.me,
    messaging.notice,
    references.reply,
    references.react,
    references.unreact,
    references.redact,
    references.edit,
    messaging.resend,
    messaging.cancel,
    searching.history,
    searching.search,
)
USERS = (users.who, users.whois, users.away, users.nick, ignoring.ignore, ignoring.unignore)
MODERATION = (
    moderation.mode,
    moderation.kick,
    moderation.ban,
    moderation.unban,
    moderation.op,
    moderation.deop,
    moderation.voice,
    moderation.devoice,
)
ACCOUNT = (accounts.reg, accounts.verify, accounts.auth, accounts.unauth)


def slash_commands() -> SlashCommands:
    """Return the commands, in the order in which `/help` lists them."""
    return _table(session.help_, session.quit_, appearance.theme, session.quote)


def legacy_slash_commands() -> SlashCommands:
    """Return the commands with the meanings they have in the program that this one replaces."""
    return _table(session.help_, legacy.quit_, legacy.disconn, appearance.theme, session.quote)


def _table(*program: SlashCommand) -> SlashCommands:
    return SlashCommands(
        {
            "Rooms": ROOMS,
            "Messages": MESSAGES,
            "Users": USERS,
            "Moderation": MODERATION,
            "Account": ACCOUNT,
            "Program": program,
        }
    )
