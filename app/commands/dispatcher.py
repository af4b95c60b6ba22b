"""The gate: the one place that admits steps, refuses them and answers their errors."""

import logging
from dataclasses import dataclass

from app.commands import remote_events
from app.commands.context import Context, attempt
from app.commands.errors import FailReply, NumericError
from app.commands.pseudoclients import service_context
from app.commands.requests import UNNAMED, CommandRequest, MalformedLine
from app.commands.runtime import Runtime
from app.commands.sessions import connections, leaving
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.submission_unit import Callback, SlowWork, Step
from app.events import Event
from app.wire import numerics
from app.wire.framing import Oversized, Undecodable
from app.wire.line import Line, parse

NOT_STORABLE = "The database refused to store this, so nobody was shown it"
NOT_SEEN = "Not answered: the storage of the server is failing; try again in a moment"
NOT_NOW = "Not stored and not sent: the storage of the server is failing; try again in a moment"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """The rules that the engine runs by."""

    runtime: Runtime

    def run(self, changeset: Changeset, client: Client, step: Step) -> SlowWork | None:
        """Do one step of a client."""
        if isinstance(step, Callback):
            return step.act(changeset, client)
        client.heard, client.pinged = self.runtime.clock.monotonic(), False
        if client.ended:
            return None
        if isinstance(step, CommandRequest):
            return self._admit(changeset, client, step)
        assert isinstance(step, MalformedLine)
        self._refuse(changeset, client, step.frame)
        return None

    def apply_remote(self, changeset: Changeset, event: Event) -> None:
        """Apply and pass on what somebody else appended, and do what follows from it, as far as it makes sense."""
        try:
            remote_events.apply_remote(self.runtime, changeset, event)
        except (LookupError, TypeError, ValueError):
            logger.exception(
                "Event %d of the log (%s) makes no sense here; it is left out.", event.id, event.kind
            )

    def check_idle(self, changeset: Changeset) -> None:
        """Look after connections that say nothing."""
        connections.check_idle(self.runtime, changeset)

    def run_housekeeping(self, changeset: Changeset) -> None:
        """Let those leave who have been here without a device for too long."""
        leaving.expel_overdue(self.runtime, changeset, self.runtime.world.users.values())

    def revert(self, event: Event) -> str:
        """Take back what was said, and return what its author is told."""
        self.runtime.world.forget(event)
        return (
            f":{self.runtime.server} FAIL {event.kind.name} NOT_STORED {event.target or '*'} :{NOT_STORABLE}"
        )

    def shut_down(self, changeset: Changeset) -> None:
        """Take leave of everybody."""
        leaving.disconnect_everybody(self.runtime, changeset)

    def _admit(self, changeset: Changeset, client: Client, request: CommandRequest) -> SlowWork | None:
        context_class = request.context_class if client.session is not None else Context
        ctx = context_class(self.runtime, changeset, client, request.verb, request.line.tags)
        if request.line is not request.received:
            service_context.echo(ctx, request.received, request.line)
        return attempt(ctx, _carry_out, request)

    def _refuse(self, changeset: Changeset, client: Client, frame: Oversized | Undecodable) -> None:
        if isinstance(frame, Oversized):
            Context(self.runtime, changeset, client).reply(numerics.ERR_INPUTTOOLONG, text=frame.reason)
        else:
            self._refuse_undecodable(changeset, client, frame)

    def _refuse_undecodable(self, changeset: Changeset, client: Client, frame: Undecodable) -> None:
        line = parse(frame.text, UNNAMED)
        verb = line.command if line.command.isascii() and line.command.isalnum() else UNNAMED
        ctx = Context(self.runtime, changeset, client, verb, line.tags)
        ctx.server_says("FAIL", verb, "INVALID_UTF8", text="The line is not UTF-8; it was ignored")


def _carry_out(ctx: Context, request: CommandRequest) -> SlowWork | None:
    """Run the command of a line if the caller may, and it can be done now.

    Raises: Answer.
    """
    line, command, params = request.line, request.command, request.params
    if ctx.client.session is None and not (command and command.before_registration):
        raise NumericError(numerics.ERR_NOTREGISTERED)
    if command is None:
        raise NumericError(numerics.ERR_UNKNOWNCOMMAND, line.command)
    if command.admin_only and not ctx.me.is_admin:
        raise NumericError(numerics.ERR_NOPRIVILEGES)
    if len(params) < command.min_params:
        raise NumericError(
            numerics.ERR_NEEDMOREPARAMS, line.command, text=f"Not enough parameters: {command.syntax}"
        )
    if command.writes and not ctx.changeset.writable:
        _refuse_unstorable(ctx, line)
        return None
    if not ctx.changeset.may_show_world and command.reads_world:
        raise NumericError(numerics.ERR_UNKNOWNERROR, line.command, text=NOT_SEEN)
    ctx.runtime.usage[command.name] += 1
    return command.handler(ctx, *params[: command.max_params])


def _refuse_unstorable(ctx: Context, line: Line) -> None:
    """Say clearly that nothing was stored or sent, in the way the client understands best.

    Raises: Answer, except to what must not be answered.
    """
    if "standard-replies" in ctx.client.caps:
        raise FailReply(line.command, "TEMPORARILY_UNAVAILABLE", *line.params[:1], text=NOT_NOW)
    if line.command == "PRIVMSG" and line.params:
        raise NumericError(numerics.ERR_CANNOTSENDTOCHAN, line.params[0], text=NOT_NOW)
    if line.command not in ("NOTICE", "TAGMSG"):
        raise NumericError(numerics.ERR_UNKNOWNERROR, line.command, text=NOT_NOW)
