"""What was received as steps for the engine: each line with the command that it asks for.

The command is found once, on the reader's thread. What a line costs, whether it writes and whether it may need
slow work are asked before it is done, some of them for every line that waits.
"""

from dataclasses import dataclass
from functools import lru_cache

from app.commands.context import Context
from app.commands.pseudoclients import service_context
from app.commands.registry import Command, find_command, verb_of
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

    said: Line
    line: Line
    verb: str
    view: type[Context]
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
    def looks(self) -> bool:
        """Whether its answer depends on what people change."""
        return self.command is not None and self.command.looks

    @property
    def is_quick(self) -> bool:
        """Whether it never asks for slow work."""
        return self.command is not None and self.command.is_quick

    def must_wait(self, client: Client) -> bool:
        """Whether it can be neither done nor refused while nothing can be stored."""
        command = self.command
        return command is not None and command.writes and (client.session is None or command.waits)


@dataclass(frozen=True, slots=True)
class MalformedLine:
    """Something that was received and cannot be read as a line."""

    frame: Oversized | Undecodable
    cost: int = UNKNOWN_COST
    writes: bool = False
    looks: bool = False
    is_quick: bool = False

    def must_wait(self, client: Client) -> bool:
        """It is refused in any case."""
        return False


def step_of(frame: Frame) -> CommandRequest | MalformedLine:
    """Return the step that a received line is; one without a command counts as an unknown command."""
    if not isinstance(frame, str):
        return MalformedLine(frame)
    said = parse(frame, UNNAMED)
    line = service_context.service_command(said)
    verb, view = _use_of(line.command)
    return CommandRequest(said, line, verb, view, *find_command(verb, line.params))


@lru_cache(maxsize=1024)
def _use_of(word: str) -> tuple[str, type[Context]]:
    """Return the verb that a word is, or stands for, and its view of whoever uses it."""
    verb = verb_of(word)
    return verb, service_context.view_of(verb)
