"""HELP and HELPOP, derived from the command table."""

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import Command, CommandTable, command
from app.wire import numerics
from app.wire.packing import pack_words

INDEX = "index"  # the subject of HELP without a parameter
MAX_INDEX_LINE_CHARS = 72


@command("HELP", reads_world=False)
def help_(ctx: Context, command: str = "", *subcommand: str) -> None:
    """Show the syntax and description of a command, or list all commands."""
    commands = ctx.runtime.commands
    words = " ".join((command, *subcommand)).split()
    if not words:
        _send_topic(ctx, INDEX, _index(commands))
        return
    found, unmatched = commands.find(commands.verb_for(words[0].upper()), words[1:])
    if found is None or unmatched:
        raise NumericError(numerics.ERR_HELPNOTFOUND, words[0])
    _send_topic(ctx, words[0], help_lines(found))


@command("HELPOP", reads_world=False)
def helpop(ctx: Context, command: str = "", *subcommand: str) -> None:
    """Show the syntax and description of a command, or list all commands. Same as HELP."""
    help_(ctx, command, *subcommand)


def _index(commands: CommandTable) -> list[str]:
    verbs = sorted(commands.by_verb)
    return ["Use HELP <command> for details. Commands:", *pack_words(verbs, MAX_INDEX_LINE_CHARS)]


def help_lines(command: Command) -> list[str]:
    """Return the lines of help: syntax, description, subcommands and required privileges."""
    lines = [command.syntax, *command.help]
    lines += [member.syntax for member in command.subcommands.values()]
    if command.admin_only:
        lines.append("For administrators only.")
    return lines


def _send_topic(ctx: Context, subject: str, lines: list[str]) -> None:
    first, *others = lines
    ctx.reply(numerics.RPL_HELPSTART, subject, text=first)
    for line in others:
        ctx.reply(numerics.RPL_HELPTXT, subject, text=line)
    ctx.reply(numerics.RPL_ENDOFHELP, subject)
