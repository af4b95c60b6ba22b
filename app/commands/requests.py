"""Converts received lines to steps for the engine.

The command is looked up once, on the reader's thread. Its cost, and whether it writes or may need
slow work, are known before it runs, because they decide when the reader hands the line to the
engine.
"""

from dataclasses import dataclass

from app.commands.context import Context
from app.commands.pseudoclients.service_context import PSEUDOCLIENT_NICKS, ServiceContext
from app.commands.registry import Command, CommandTable
from app.engine.delivery.client import Client
from app.wire import ctcp
from app.wire.framing import Frame, OversizedLine, UndecodableLine
from app.wire.line import Line, parse

UNKNOWN_COST = 1  # token, for a line that names no known command
UNNAMED = "*"  # the command of an empty line
MODULE_PREFIX = "*"  # of the nicks that stand for ZNC modules
_PSEUDOCLIENT_VERBS = frozenset(nick.upper() for nick in PSEUDOCLIENT_NICKS)


class CommandRequest:
    """A received line, with the requested command and its parameters.

    `line` differs from `received` for a message to a pseudoclient, and for ZNC with a module: both
    are translated to the pseudoclient's command. `context_class` applies once the client is
    registered. An unknown command has the lowest cost and is not quick: the reader waits for its
    error reply.
    """

    __slots__ = (
        "command",
        "context_class",
        "cost",
        "is_message_to_service",
        "is_quick",
        "line",
        "params",
        "reads_world",
        "received",
        "verb",
        "writes",
    )

    def __init__(
        self, received: Line, line: Line, verb: str, command: Command | None, params: list[str]
    ) -> None:
        self.received = received
        self.line = line
        self.verb = verb
        self.command = command
        self.params = params
        self.context_class = ServiceContext if verb in _PSEUDOCLIENT_VERBS else Context
        self.is_message_to_service = line is not received and received.command != "ZNC"
        # Attributes rather than properties, because several threads read them for every message.
        self.cost = UNKNOWN_COST if command is None else command.cost
        self.writes = command is not None and command.writes
        self.reads_world = command is not None and command.reads_world
        self.is_quick = command is not None and command.is_quick

    def must_wait(self, client: Client) -> bool:
        """Whether the command must wait, rather than be refused, while nothing can be stored."""
        command = self.command
        if command is None or not command.writes:
            return False
        return client.session is None or command.waits_for_storage


@dataclass(frozen=True, slots=True)
class MalformedLine:
    """Received bytes that are not a valid line; they are always refused."""

    frame: OversizedLine | UndecodableLine
    cost: int = UNKNOWN_COST
    writes: bool = False
    reads_world: bool = False
    is_quick: bool = False

    def must_wait(self, client: Client) -> bool:
        """Return False: refusing a malformed line stores nothing."""
        return False


def parse_request(commands: CommandTable, frame: Frame) -> CommandRequest | MalformedLine:
    """Return the step for a received line; an empty line is an unknown command."""
    if not isinstance(frame, str):
        return MalformedLine(frame)
    received = parse(frame, UNNAMED)
    translate = _TRANSLATIONS.get(received.command)
    line = received if translate is None else translate(received)
    verb = commands.verb_for(line.command)
    command, params = commands.find(verb, line.params)
    return CommandRequest(received, line, verb, command, params)


def _to_service_command(line: Line) -> Line:
    """Translate a PRIVMSG to a single pseudoclient into its command; return other lines as is."""
    if len(line.params) < 2 or "batch" in line.tags:
        return line
    target, text, *more = line.params
    nick = PSEUDOCLIENT_NICKS.get(target.lower())
    if nick is None or not text or text.startswith(ctcp.DELIMITER):
        return line
    return _make_service_command(nick, [text, *more], line.tags)


def _to_module_command(line: Line) -> Line:
    """Translate `ZNC <module> <words>` into the module's command; return other lines as is.

    The modules are the pseudoclients whose nick starts with `*`.
    """
    module, *words = line.params or [""]
    nick = PSEUDOCLIENT_NICKS.get(module.lower()) if module.startswith(MODULE_PREFIX) else None
    return line if nick is None else _make_service_command(nick, words, line.tags)


def _make_service_command(nick: str, words: list[str], tags: dict[str, str]) -> Line:
    """Return a pseudoclient's command; a single parameter is the text of the whole command."""
    verb = nick.upper()
    return Line(verb, words if len(words) > 1 else parse(" ".join((verb, *words))).params, tags=tags)


_TRANSLATIONS = {"PRIVMSG": _to_service_command, "ZNC": _to_module_command}
