"""HELP: what there is to say about the commands, read off the table they are declared in."""

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import Command, CommandTable, command
from app.wire import numerics
from app.wire.packing import packed

INDEX = "index"  # the subject of HELP without one
LINE_WIDTH = 72  # characters


@command("HELP", reads_world=False)
def help_(ctx: Context, command: str = "", *subcommand: str) -> None:
    """Show how a command is used, or which commands there are."""
    commands = ctx.runtime.commands
    words = " ".join((command, *subcommand)).split()
    if not words:
        _tell(ctx, INDEX, _index(commands))
        return
    found, left = commands.find(commands.verb_for(words[0].upper()), words[1:])
    if found is None or left:
        raise NumericError(numerics.ERR_HELPNOTFOUND, words[0])
    _tell(ctx, words[0], page(found))


@command("HELPOP", reads_world=False)
def helpop(ctx: Context, command: str = "", *subcommand: str) -> None:
    """Show how a command is used, or which commands there are."""
    help_(ctx, command, *subcommand)


def _index(commands: CommandTable) -> list[str]:
    verbs = sorted(commands.by_verb)
    return ["HELP and a command shows how it is used. There are:", *packed(verbs, LINE_WIDTH)]


def page(command: Command) -> list[str]:
    """Return what is to be said about a command: its syntax, its help, its family, and who may use it."""
    lines = [command.syntax, *command.help]
    lines += [member.syntax for member in command.subcommands.values()]
    if command.admin_only:
        lines.append("For administrators only.")
    return lines


def _tell(ctx: Context, subject: str, lines: list[str]) -> None:
    first, *others = lines
    ctx.reply(numerics.RPL_HELPSTART, subject, text=first)
    for line in others:
        ctx.reply(numerics.RPL_HELPTXT, subject, text=line)
    ctx.reply(numerics.RPL_ENDOFHELP, subject)
