"""Attendants: nicks behind which there is nobody but the server itself, such as NickServ.

What is said to one (`/msg NickServ HELP`) is a command of its family, and so is its verb (`/ns HELP`). It is
answered by notices to the device that asked, among its other answers. Nothing of it is stored or told to other
devices, because there may be secrets in it; these are left out of the echo too.

An attendant is in the world as a person without connections: WHOIS, ISON and MONITOR find it, and nobody else
can have its nick.
"""

from app.clock import Clock
from app.commands.context import Context
from app.commands.errors import CommandError, FailReply, NumericError
from app.commands.help import help_lines
from app.commands.registry import Command, CommandTable
from app.engine.world.user import User
from app.engine.world.world import World
from app.events import Kind
from app.wire import ctcp, names, numerics
from app.wire.framing import space_after
from app.wire.line import Line, parse
from app.wire.names import fold
from app.wire.packing import pack_words, split_long_words

REDACTED = "***"  # what an echo shows of a secret
_NICKS = {nick.lower(): nick for nick in names.PSEUDOCLIENTS}
_VERBS = frozenset(nick.upper() for nick in names.PSEUDOCLIENTS)


class ServiceContext(Context):
    """A command of an attendant: it tells things, and what else would be refused by numbers, by notices."""

    __slots__ = ()

    @property
    def nick(self) -> str:
        """The nick of whoever answers."""
        return _NICKS[self.verb.lower()]

    def respond(self, *lines: str) -> None:
        """Answer with notices; a line that is too long for one goes on in the next."""
        nick = self.nick
        start = f":{nick}!{nick}@{self.runtime.server_name} NOTICE {self.client.nick} :"
        space = space_after(start)
        for line in lines:
            for text in pack_words(split_long_words(line.split(" "), space), space):
                self.send_lines(start + text)

    def send_error(self, error: CommandError) -> None:
        """Tell what a command raised instead of finishing."""
        if isinstance(error, NumericError):
            self.respond((error.text or error.numeric.text).replace(f"{self.verb} ", ""))
        elif isinstance(error, FailReply):
            self.respond(error.text)


def add_pseudoclients(world: World, clock: Clock, server: str) -> None:
    """Give the attendants their places in a new world."""
    for number, nick in enumerate(names.PSEUDOCLIENTS, 1):
        world.add_pseudoclient(
            User(
                session=-number,
                nick=nick,
                key=fold(nick),
                user=nick,
                host=server,
                address="127.0.0.1",
                realname=f"Part of the server; for its help: /msg {nick} HELP",
                signon=clock.now(),
                active=clock.monotonic(),
                modes={"B", "i"},
            )
        )


def to_service_command(line: Line) -> Line:
    """Return what a line means: one that is said to an attendant alone is a command of its own."""
    if line.command != "PRIVMSG" or len(line.params) < 2 or "batch" in line.tags:
        return line
    target, text, *more = line.params
    nick = _NICKS.get(target.lower())
    if nick is None or not text or text.startswith(ctcp.DELIMITER):
        return line
    verb = nick.upper()
    words = [text, *more] if more else parse(f"{verb} {text}").params
    return Line(verb, words, tags=line.tags)


def context_class(verb: str) -> type[Context]:
    """Return the class of context that the handler of a verb gets from a registered client."""
    return ServiceContext if verb in _VERBS else Context


def send_echo(ctx: Context, said: Line, meant: Line) -> None:
    """Show the caller what they said to an attendant, without its secrets, if their client asks for echoes."""
    if "echo-message" not in ctx.client.caps or ctx.user is None:
        return
    nick = _NICKS[said.params[0].lower()]
    event = ctx.event(Kind.PRIVMSG, target=nick, text=_without_secrets(ctx.runtime.commands, said, meant))
    event.at = ctx.runtime.clock.now()
    ctx.send_event(event)


def _without_secrets(commands: CommandTable, said: Line, meant: Line) -> str:
    command, left = commands.find(meant.command, meant.params)
    if command is None or not command.has_secrets:
        return " ".join(said.params[1:])
    kept = meant.params[: len(meant.params) - len(left)]
    return " ".join([*kept, *[REDACTED] * len(left)])


def send_help(ctx: ServiceContext, *command: str) -> None:
    """Tell what an attendant does, or how one command of its family is used.

    Raises: Refused when there is no such command.
    """
    verb = ctx.verb
    found, left = ctx.runtime.commands.find(verb, list(command))
    if found is None or left:
        raise unknown_command(ctx, " ".join(command))
    lines = help_lines(found) if command else _overview(found)
    ctx.respond(*(line.replace(f"{verb} ", "") for line in lines))


def _overview(parent: Command) -> list[str]:
    """Return what an attendant is for, and a line for each of its commands."""
    return [*parent.help, *(f"{member.syntax}: {member.help[0]}" for member in parent.subcommands.values())]


def unknown_command(ctx: ServiceContext, command: str) -> NumericError:
    """Return the refusal of a command that the attendant does not have."""
    return NumericError(numerics.ERR_UNKNOWNCOMMAND, ctx.verb, text=_unknown_command_text(ctx, command))


def _unknown_command_text(ctx: ServiceContext, command: str) -> str:
    if not command:
        return "Try HELP"
    found, left = ctx.runtime.commands.find(ctx.verb, command.split())
    if found is None or left:
        return f"{ctx.nick} knows no {command}; HELP shows what there is"
    return f"Say which: {', '.join(f'{command} {name}' for name in found.subcommands)}; HELP {command} tells more"
