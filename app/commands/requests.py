"""What was received as steps for the engine: each line with the command that it asks for.

The command is found once, on the reader's thread. What a line costs, whether it writes and whether it may need
slow work are asked before it is done, some of them for every line that waits.
"""

from dataclasses import dataclass

from app.commands.context import Context
from app.commands.pseudoclients import service_context
from app.commands.registry import Command, CommandTable
from app.engine.delivery.client import Client
from app.wire.framing import Frame, Oversized, Undecodable
from app.wire.line import Line, parse

UNKNOWN_COST = 1
UNNAMED = "*"  # the command of a line that has none


@dataclass(slots=True)
class CommandRequest:
    """A line, what it means if it was said to an attendant, and its command with the parameters left for that.

    The command sees its caller by the `view`, if that is somebody already.
    """

    received: Line
    line: Line
    verb: str
    context_class: type[Context]
    command: Command | None
    params: list[str]

    @property
    def cost(self) -> int:
        """What it takes from its client's rate bucket."""
        return UNKNOWN_COST if self.command is None else self.command.cost

    @property
    def writes(self) -> bool:
        """Whether it may emit events."""
        return self.command is not None and self.command.writes

    @property
    def reads_world(self) -> bool:
        """Whether its answer depends on what people change."""
        return self.command is not None and self.command.reads_world

    @property
    def is_quick(self) -> bool:
        """Whether it never asks for slow work."""
        return self.command is not None and self.command.is_quick

    def must_wait(self, client: Client) -> bool:
        """Whether it can be neither done nor refused while nothing can be stored."""
        command = self.command
        return (
            command is not None and command.writes and (client.session is None or command.waits_for_storage)
        )


@dataclass(frozen=True, slots=True)
class MalformedLine:
    """Something that was received and cannot be read as a line."""

    frame: Oversized | Undecodable
    cost: int = UNKNOWN_COST
    writes: bool = False
    reads_world: bool = False
    is_quick: bool = False

    def must_wait(self, client: Client) -> bool:
        """It is refused in any case."""
        return False


def parse_request(commands: CommandTable, frame: Frame) -> CommandRequest | MalformedLine:
    """Return the step that a received line asks for; an empty line is an unknown command."""
    if not isinstance(frame, str):
        return MalformedLine(frame)
    received = parse(frame, UNNAMED)
    line = service_context.service_command(received)
    verb = commands.verb_for(line.command)
    command, params = commands.find(verb, line.params)
    return CommandRequest(received, line, verb, service_context.context_class(verb), command, params)
