"""Pseudoclients: nicks such as NickServ that are part of the server.

A message to a pseudoclient (`/msg NickServ HELP`) and its verb (`/ns HELP`) run the same command.
The replies are notices to the device that sent it. Because such messages may contain passwords,
they are neither stored nor sent to other devices, and the passwords are removed from the echo.

In the world, a pseudoclient is a user without connections: WHOIS, ISON and MONITOR find it, and its
nick is reserved.
"""

from app.clock import Clock
from app.commands.context import Context
from app.commands.errors import CommandError, FailReply, NumericError
from app.commands.help import help_lines
from app.commands.registry import Command, CommandTable
from app.engine.world.user import User
from app.engine.world.world import World
from app.events import Kind
from app.wire import names, numerics
from app.wire.framing import space_after
from app.wire.line import Line
from app.wire.names import fold
from app.wire.packing import pack_words, split_long_words

REDACTED = "***"  # replaces a secret in an echo
PSEUDOCLIENT_NICKS = {nick.lower(): nick for nick in names.PSEUDOCLIENTS}


class ServiceContext(Context):
    """The context of a pseudoclient's command: replies and errors are sent as notices."""

    __slots__ = ()

    @property
    def nick(self) -> str:
        """The nick of the pseudoclient."""
        return PSEUDOCLIENT_NICKS[self.verb.lower()]

    @property
    def _reply_start(self) -> str:
        nick = self.nick
        return f":{nick}!{nick}@{self.runtime.server_name} NOTICE {self.client.nick} :"

    @property
    def max_reply_bytes(self) -> int:
        """The maximum length of a line of a reply, in bytes."""
        return space_after(self._reply_start)

    def respond(self, *lines: str) -> None:
        """Reply with a notice for each line; overlong lines are split."""
        start, space = self._reply_start, self.max_reply_bytes
        for line in lines:
            for text in pack_words(split_long_words(line.split(" "), space), space):
                self.send_lines(start + text)

    def send_error(self, error: CommandError) -> None:
        """Send the text of an error as a notice."""
        if isinstance(error, NumericError):
            self.respond((error.text or error.numeric.text).replace(f"{self.verb} ", ""))
        elif isinstance(error, FailReply):
            self.respond(error.text)


def add_pseudoclients(world: World, clock: Clock, server: str) -> None:
    """Add the pseudoclients to a new world."""
    for number, nick in enumerate(names.PSEUDOCLIENTS, 1):
        world.add_pseudoclient(
            User(
                session=-number,
                nick=nick,
                key=fold(nick),
                user=nick,
                host=server,
                address="127.0.0.1",
                realname=f"Service of the server; for help: /msg {nick} HELP",
                signon=clock.now(),
                last_active=clock.monotonic(),
                modes={"B", "i"},
            )
        )


def send_echo(ctx: Context, received: Line, translated: Line) -> None:
    """Echo a message to a pseudoclient without its secrets, if the client has echo-message."""
    if "echo-message" not in ctx.client.caps or ctx.user is None:
        return
    nick = PSEUDOCLIENT_NICKS[received.params[0].lower()]
    event = ctx.event(
        Kind.PRIVMSG, target=nick, text=_without_secrets(ctx.runtime.commands, received, translated)
    )
    event.at = ctx.runtime.clock.now()
    ctx.send_event(event)


def _without_secrets(commands: CommandTable, received: Line, translated: Line) -> str:
    command, unmatched = commands.find(translated.command, translated.params)
    if command is None or not command.has_secrets:
        return " ".join(received.params[1:])
    kept = translated.params[: len(translated.params) - len(unmatched)]
    return " ".join([*kept, *[REDACTED] * len(unmatched)])


def send_help(ctx: ServiceContext, *command: str) -> None:
    """Send the help of a pseudoclient, or of one of its commands.

    Raises: NumericError when there is no such command.
    """
    verb = ctx.verb
    found, unmatched = ctx.runtime.commands.find(verb, list(command))
    if found is None or unmatched:
        raise unknown_command(ctx, " ".join(command))
    lines = help_lines(found) if command else _overview(found)
    ctx.respond(*(line.replace(f"{verb} ", "") for line in lines))


def _overview(parent: Command) -> list[str]:
    """Return the description of a pseudoclient, and a line for each of its commands."""
    return [*parent.help, *(f"{member.syntax}: {member.help[0]}" for member in parent.subcommands.values())]


def unknown_command(ctx: ServiceContext, command: str) -> NumericError:
    """Return the error for a missing or unknown command of a pseudoclient."""
    return NumericError(numerics.ERR_UNKNOWNCOMMAND, ctx.verb, text=_unknown_command_text(ctx, command))


def _unknown_command_text(ctx: ServiceContext, command: str) -> str:
    if not command:
        return "Try HELP"
    found, unmatched = ctx.runtime.commands.find(ctx.verb, command.split())
    if found is None or unmatched:
        return f"Unknown command {command}; HELP lists the commands of {ctx.nick}"
    return f"Use one of {', '.join(f'{command} {name}' for name in found.subcommands)}; see HELP {command}"
