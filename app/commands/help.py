"""HELP: what there is to say about the commands, read off the table they are declared in."""

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import COMMANDS, Command, command, find_command, verb_of
from app.wire import numerics
from app.wire.packing import packed

INDEX = "index"  # the subject of HELP without one
LINE_WIDTH = 72  # characters


@command("HELPOP", blind=True)
@command("HELP", blind=True)
def help_(ctx: Context, command: str = "", *subcommand: str) -> None:
    """Show how a command is used, or which commands there are."""
    words = " ".join((command, *subcommand)).split()
    if not words:
        _tell(ctx, INDEX, _index())
        return
    found, left = find_command(verb_of(words[0].upper()), words[1:])
    if found is None or left:
        raise NumericError(numerics.ERR_HELPNOTFOUND, words[0])
    _tell(ctx, words[0], page(found))


def _index() -> list[str]:
    return ["HELP and a command shows how it is used. There are:", *packed(sorted(COMMANDS), LINE_WIDTH)]


def page(command: Command) -> list[str]:
    """Return what is to be said about a command: its syntax, its help, its family, and who may use it."""
    lines = [command.syntax, *command.help]
    lines += [member.syntax for member in command.family.values()]
    if command.admin:
        lines.append("For administrators only.")
    return lines


def _tell(ctx: Context, subject: str, lines: list[str]) -> None:
    first, *others = lines
    ctx.reply(numerics.RPL_HELPSTART, subject, text=first)
    for line in others:
        ctx.reply(numerics.RPL_HELPTXT, subject, text=line)
    ctx.reply(numerics.RPL_ENDOFHELP, subject)
