"""The gate: the one place that admits steps, refuses them and answers their errors."""

import logging
from dataclasses import dataclass

from app.commands import remote_events
from app.commands.context import Context, attempt
from app.commands.errors import Failed, Refused
from app.commands.pseudoclients import service_context
from app.commands.requests import UNNAMED, Misfit, Request
from app.commands.runtime import Desk
from app.commands.sessions import connections, leaving
from app.engine.changeset import Batch
from app.engine.delivery.client import Client
from app.engine.submission_unit import Step, Task, Turn
from app.events import Event
from app.wire import numerics
from app.wire.framing import Oversized, Undecodable
from app.wire.line import Line, parse

NOT_STORABLE = "The database refused to store this, so nobody was shown it"
NOT_SEEN = "Not answered: the storage of the server is failing; try again in a moment"
NOT_NOW = "Not stored and not sent: the storage of the server is failing; try again in a moment"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules that the engine runs by."""

    desk: Desk

    def run(self, batch: Batch, client: Client, step: Step) -> Task | None:
        """Do one step of a client."""
        if isinstance(step, Turn):
            return step.act(batch, client)
        client.heard, client.pinged = self.desk.clock.monotonic(), False
        if client.ended:
            return None
        if isinstance(step, Request):
            return self._admit(batch, client, step)
        assert isinstance(step, Misfit)
        self._refuse(batch, client, step.frame)
        return None

    def adopt(self, batch: Batch, event: Event) -> None:
        """Apply and pass on what somebody else appended, and do what follows from it, as far as it makes sense."""
        try:
            remote_events.adopt(self.desk, batch, event)
        except (LookupError, TypeError, ValueError):
            logger.exception(
                "Event %d of the log (%s) makes no sense here; it is left out.", event.id, event.kind
            )

    def tick(self, batch: Batch) -> None:
        """Look after connections that say nothing."""
        connections.look_after_idle(self.desk, batch)

    def see_to(self, batch: Batch) -> None:
        """Let those leave who have been here without a device for too long."""
        leaving.expel_overdue(self.desk, batch, self.desk.world.users.values())

    def withdraw(self, event: Event) -> str:
        """Take back what was said, and return what its author is told."""
        self.desk.world.forget(event)
        return f":{self.desk.server} FAIL {event.kind.name} NOT_STORED {event.target or '*'} :{NOT_STORABLE}"

    def farewell(self, batch: Batch) -> None:
        """Take leave of everybody."""
        leaving.farewell(self.desk, batch)

    def _admit(self, batch: Batch, client: Client, request: Request) -> Task | None:
        view = request.view if client.session is not None else Context
        ctx = view(self.desk, batch, client, request.verb, request.line.tags)
        if request.line is not request.said:
            service_context.echo(ctx, request.said, request.line)
        return attempt(ctx, _carry_out, request)

    def _refuse(self, batch: Batch, client: Client, frame: Oversized | Undecodable) -> None:
        if isinstance(frame, Oversized):
            Context(self.desk, batch, client).reply(numerics.ERR_INPUTTOOLONG, text=frame.reason)
        else:
            self._refuse_undecodable(batch, client, frame)

    def _refuse_undecodable(self, batch: Batch, client: Client, frame: Undecodable) -> None:
        line = parse(frame.text, UNNAMED)
        verb = line.command if line.command.isascii() and line.command.isalnum() else UNNAMED
        ctx = Context(self.desk, batch, client, verb, line.tags)
        ctx.server_says("FAIL", verb, "INVALID_UTF8", text="The line is not UTF-8; it was ignored")


def _carry_out(ctx: Context, request: Request) -> Task | None:
    """Run the command of a line if the caller may, and it can be done now.

    Raises: Answer.
    """
    line, command, params = request.line, request.command, request.params
    if ctx.client.session is None and not (command and command.early):
        raise Refused(numerics.ERR_NOTREGISTERED)
    if command is None:
        raise Refused(numerics.ERR_UNKNOWNCOMMAND, line.command)
    if command.admin and not ctx.me.is_admin:
        raise Refused(numerics.ERR_NOPRIVILEGES)
    if len(params) < command.minimum:
        raise Refused(
            numerics.ERR_NEEDMOREPARAMS, line.command, text=f"Not enough parameters: {command.syntax}"
        )
    if command.writes and not ctx.batch.writable:
        _refuse_unstorable(ctx, line)
        return None
    if not ctx.batch.sighted and command.looks:
        raise Refused(numerics.ERR_UNKNOWNERROR, line.command, text=NOT_SEEN)
    ctx.desk.usage[command.name] += 1
    return command.run(ctx, *params[: command.maximum])


def _refuse_unstorable(ctx: Context, line: Line) -> None:
    """Say clearly that nothing was stored or sent, in the way the client understands best.

    Raises: Answer, except to what must not be answered.
    """
    if "standard-replies" in ctx.client.caps:
        raise Failed(line.command, "TEMPORARILY_UNAVAILABLE", *line.params[:1], text=NOT_NOW)
    if line.command == "PRIVMSG" and line.params:
        raise Refused(numerics.ERR_CANNOTSENDTOCHAN, line.params[0], text=NOT_NOW)
    if line.command not in ("NOTICE", "TAGMSG"):
        raise Refused(numerics.ERR_UNKNOWNERROR, line.command, text=NOT_NOW)
