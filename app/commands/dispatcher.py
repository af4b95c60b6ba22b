"""The dispatcher: runs or refuses the commands of clients, and sends the error replies."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from app.commands.context import Context, run_handler
from app.commands.errors import FailReply, NumericError
from app.commands.pseudoclients import service_context
from app.commands.remote_events.applying import apply_remote
from app.commands.requests import UNNAMED, CommandRequest, MalformedLine
from app.commands.runtime import Runtime
from app.commands.sessions import connections, leaving, node_removal
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.submission_unit import Callback, SlowWork, Step
from app.events import Event, Kind
from app.services.retention.expiry import ExpiryCounts, make_expiry_event
from app.services.retention.policies import RetentionDefaults
from app.wire import numerics
from app.wire.framing import OversizedLine, UndecodableLine
from app.wire.line import Line, parse

EVENT_REFUSED = "The database refused this event; it was not delivered to anyone"
UNREADABLE = "The server cannot answer while its storage is failing; try again shortly"
UNWRITABLE = "Not stored and not sent, because the server's storage is failing; try again shortly"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Handles commands, timers and remote events for the engine (see `engine.handler`)."""

    runtime: Runtime

    def run(self, changeset: Changeset, client: Client, step: Step) -> SlowWork | None:
        """Run one step of a client; return the slow work that it needs, if any."""
        if isinstance(step, Callback):
            return step.act(changeset, client)
        client.last_received, client.ping_sent = self.runtime.clock.monotonic(), False
        if client.is_closed:
            return None
        if isinstance(step, CommandRequest):
            return self._run_command(changeset, client, step)
        assert isinstance(step, MalformedLine)
        self._refuse_malformed(changeset, client, step.frame)
        return None

    def apply_remote(self, changeset: Changeset, event: Event) -> None:
        """Apply an event that another process appended; log and skip an invalid one."""
        try:
            apply_remote(self.runtime, changeset, event)
        except (LookupError, TypeError, ValueError):
            logger.exception("Skipped event %d of the log (%s), which is invalid here", event.id, event.kind)

    def check_idle(self, changeset: Changeset) -> None:
        """Ping idle connections, and close those that do not reply."""
        connections.check_idle(self.runtime, changeset)

    def drain(self, changeset: Changeset) -> bool:
        """Close the next few connections before the server stops; return whether none is left."""
        return connections.drain(self.runtime, changeset)

    def run_housekeeping(self, changeset: Changeset) -> None:
        """Disconnect users without a device that may no longer stay online."""
        leaving.disconnect_expired(self.runtime, changeset, self.runtime.world.users.values())

    @property
    def server_name(self) -> str:
        """The name under which the server itself acts."""
        return self.runtime.server_name

    @property
    def retention_defaults(self) -> RetentionDefaults:
        """How long history is kept by default."""
        return RetentionDefaults.of(self.runtime.settings)

    def record_expiry(self, changeset: Changeset, counts: ExpiryCounts) -> None:
        """Record that expired history was removed."""
        changeset.emit(make_expiry_event(counts, self.server_name))

    def revert(self, event: Event) -> str:
        """Undo a message that could not be stored; return the FAIL line for its sender."""
        self.runtime.world.revert(event)
        verb = Kind.METADATA.name if event.kind is Kind.PRIVATE_METADATA else event.kind.name
        words = f"FAIL {verb} NOT_STORED {event.target or '*'}"
        return f":{self.runtime.server_name} {words} :{EVENT_REFUSED}"

    def shut_down(self, changeset: Changeset, reason: str, departing: Sequence[Client]) -> None:
        """Disconnect all clients."""
        leaving.disconnect_all(self.runtime, changeset, reason, departing)

    def remove_node(
        self, changeset: Changeset, name: str, reason: str, delivered_until: int | None = None
    ) -> None:
        """Record the end of a node, and end its sessions."""
        node_removal.remove_node(self.runtime, changeset, name, reason, delivered_until)

    def _run_command(self, changeset: Changeset, client: Client, request: CommandRequest) -> SlowWork | None:
        context_class = request.context_class if client.session is not None else Context
        ctx = context_class(self.runtime, changeset, client, request.verb, request.line.tags)
        if request.is_message_to_service:
            service_context.send_echo(ctx, request.received, request.line)
        return run_handler(ctx, _check_and_run, request)

    def _refuse_malformed(
        self, changeset: Changeset, client: Client, frame: OversizedLine | UndecodableLine
    ) -> None:
        if isinstance(frame, OversizedLine):
            Context(self.runtime, changeset, client).reply(numerics.ERR_INPUTTOOLONG, text=frame.reason)
        else:
            self._refuse_undecodable(changeset, client, frame)

    def _refuse_undecodable(self, changeset: Changeset, client: Client, frame: UndecodableLine) -> None:
        line = parse(frame.text, UNNAMED)
        verb = line.command if line.command.isascii() and line.command.isalnum() else UNNAMED
        ctx = Context(self.runtime, changeset, client, verb, line.tags)
        ctx.send_from_server("FAIL", verb, "INVALID_UTF8", text="The line was ignored: it is not valid UTF-8")


def _check_and_run(ctx: Context, request: CommandRequest) -> SlowWork | None:
    """Run the requested command if the caller may use it and it can run now.

    Raises: CommandError.
    """
    line, command, params = request.line, request.command, request.params
    if ctx.client.session is None and not (command and command.before_registration):
        raise NumericError(numerics.ERR_NOTREGISTERED)
    if command is None:
        raise NumericError(numerics.ERR_UNKNOWNCOMMAND, line.command)
    if command.admin_only and not ctx.me.is_admin:
        raise NumericError(numerics.ERR_NOPRIVILEGES)
    if len(params) < command.min_params:
        text = f"Not enough parameters: {command.syntax}"
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, line.command, text=text)
    if command.writes and not ctx.changeset.writable:
        _refuse_unwritable(ctx, line)
        return None
    if not ctx.changeset.may_show_world and command.reads_world:
        raise NumericError(numerics.ERR_UNKNOWNERROR, line.command, text=UNREADABLE)
    ctx.runtime.command_counts[command.name] += 1
    return command.handler(ctx, *params[: command.max_params])


def _refuse_unwritable(ctx: Context, line: Line) -> None:
    """Refuse a command because nothing can be stored, with the best reply the client supports.

    Without `standard-replies`, NOTICE and TAGMSG get no reply: RFC 2812 section 3.3.2 forbids
    replies to a NOTICE.

    Raises: CommandError.
    """
    if "standard-replies" in ctx.client.caps:
        raise FailReply(line.command, "TEMPORARILY_UNAVAILABLE", *line.params[:1], text=UNWRITABLE)
    if line.command == "PRIVMSG" and line.params:
        raise NumericError(numerics.ERR_CANNOTSENDTOCHAN, line.params[0], text=UNWRITABLE)
    if line.command not in ("NOTICE", "TAGMSG"):
        raise NumericError(numerics.ERR_UNKNOWNERROR, line.command, text=UNWRITABLE)
