"""Received lines as steps for the engine, each with the command that it asks for.

The command is looked up once, on the reader's thread. Its cost, and whether it writes or may need
slow work, are known before it runs, because they decide when the reader hands the line to the
engine.
"""

from dataclasses import dataclass

from app.commands.context import Context
from app.commands.pseudoclients import service_context
from app.commands.registry import Command, CommandTable
from app.engine.delivery.client import Client
from app.wire.framing import Frame, OversizedLine, UndecodableLine
from app.wire.line import Line, parse

UNKNOWN_COST = 1  # token, for a line that names no known command
UNNAMED = "*"  # the command of an empty line


@dataclass(slots=True)
class CommandRequest:
    """A received line, with the command it asks for and that command's parameters.

    `line` differs from `received` for a message to a pseudoclient, which is a command of its own.
    A registered client's command gets a context of the `context_class`.
    """

    received: Line
    line: Line
    verb: str
    context_class: type[Context]
    command: Command | None
    params: list[str]

    @property
    def cost(self) -> int:
        """The tokens it takes from the client's rate limit."""
        return UNKNOWN_COST if self.command is None else self.command.cost

    @property
    def writes(self) -> bool:
        """Whether it may emit events."""
        return self.command is not None and self.command.writes

    @property
    def reads_world(self) -> bool:
        """Whether the reply depends on the state of the world."""
        return self.command is not None and self.command.reads_world

    @property
    def is_quick(self) -> bool:
        """Whether it never needs slow work."""
        return self.command is not None and self.command.is_quick

    def must_wait(self, client: Client) -> bool:
        """Whether it can neither run nor be refused while nothing can be stored."""
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
        """Return False: refusing it stores nothing."""
        return False


def parse_request(commands: CommandTable, frame: Frame) -> CommandRequest | MalformedLine:
    """Return the step that a received line asks for; an empty line is an unknown command."""
    if not isinstance(frame, str):
        return MalformedLine(frame)
    received = parse(frame, UNNAMED)
    line = service_context.to_service_command(received)
    verb = commands.verb_for(line.command)
    command, params = commands.find(verb, line.params)
    return CommandRequest(received, line, verb, service_context.context_class(verb), command, params)
