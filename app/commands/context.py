"""The context of a running command: its client, the changeset, and methods to reply."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, Self, TypeVar, TypeVarTuple

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.clock import to_iso
from app.commands.errors import CommandError, ConnectionBanned, FailReply, NumericError
from app.commands.runtime import Runtime, TemplateSource
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.delivery.response import Response, ResponseEntry
from app.engine.limits.rate_limits import rate_key
from app.engine.submission_unit import SlowWork
from app.engine.world.room import Room
from app.engine.world.user import User
from app.engine.world.world import World
from app.errors import StorageError
from app.events import Event, EventData, Kind, Secret
from app.wire import numerics
from app.wire.capabilities import Shape
from app.wire.line import LINE_END, plain
from app.wire.numerics import Numeric

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")
C = TypeVar("C", bound="Context")


class Context:
    """The execution of one command for one client."""

    __slots__ = ("_me", "_response", "changeset", "client", "label", "runtime", "tags", "verb")

    def __init__(
        self,
        runtime: Runtime,
        changeset: Changeset,
        client: Client,
        verb: str = "",
        tags: dict[str, str] | None = None,
    ) -> None:
        self.runtime = runtime
        self.changeset = changeset
        self.client = client
        self.verb = verb
        self.tags = tags or {}
        labelled = "label" in self.tags and "labeled-response" in client.caps
        self.label = self.tags["label"] if labelled else None
        self._me: User | None = None
        self._response: Response | None = None

    @property
    def world(self) -> World:
        """The world; read-only, because only events may change it."""
        return self.runtime.world

    @property
    def user(self) -> User | None:
        """The caller's user, or None before registration."""
        return self.runtime.world.users.get(self.client.session or 0)

    @property
    def me(self) -> User:
        """The caller's user.

        Raises: NumericError with ERR_NOTREGISTERED before registration.
        """
        if self._me is None:  # cached, because most commands use it several times
            self._me = self.user
        if self._me is None:
            raise NumericError(numerics.ERR_NOTREGISTERED)
        return self._me

    @property
    def rate_key(self) -> str:
        """The caller's address as rate limits and password hashes count it."""
        return rate_key(self.client.address)

    # Replies

    def open_response(self) -> Response:
        """Return the response to this command; the first call sets its position in the plan."""
        if self._response is None:
            batch = self.runtime.clock.new_token() if self.label is not None else ""
            self._response = Response(self.client, self.runtime.server_name, self.label, batch)
            self.changeset.plan.append(self._response)
        return self._response

    def reply(self, numeric: Numeric, *params: str, text: str | None = None, **tags: str) -> None:
        """Send a numeric with parameters and a text, by default the numeric's own."""
        line = numeric.format(self.runtime.server_name, self.client.nick, *params, text=text)
        self.send_lines(line, **tags)

    def send_lines(self, *lines: str, **tags: str) -> None:
        """Send complete lines, with the `time` tag if the client has negotiated `server-time`."""
        self._append(LINE_END.join(lines), tags)

    def send_template(self, source: TemplateSource, **tags: str) -> None:
        """Send the lines of a template, which differ between clients only in the nick."""
        self._append(self.runtime.template_for(source).render(self.client.nick), tags)

    def _append(self, lines: str, tags: dict[str, str]) -> None:
        if self.client.shape & Shape.TIME:
            tags = {"time": to_iso(self.runtime.clock.now())} | tags
        self.client.reply_lines += 1 + lines.count(LINE_END)
        self.open_response().entries.append(ResponseEntry(lines, tags))

    def send_from_server(self, *words: str, text: str | None = None, **tags: str) -> None:
        """Send a line whose source is the server; `text` becomes its trailing parameter."""
        line = " ".join((f":{self.runtime.server_name}", *words))
        self.send_lines(line if text is None else f"{line} :{text}", **tags)

    def send_bare(self, line: str) -> None:
        """Send a line without a source and without tags, except for the label of the command."""
        self.client.reply_lines += 1
        self.open_response().entries.append(ResponseEntry(line))

    def send_notice(self, text: str) -> None:
        """Send a NOTICE from the server."""
        self.send_from_server("NOTICE", self.client.nick, text=text)

    def send_event(self, event: Event, **tags: str) -> None:
        """Send an event in the form that this client has negotiated."""
        self.client.reply_lines += 1
        self.open_response().entries.append(ResponseEntry(event, tags))

    def bind_reply_to(self, event: Event) -> None:
        """Replace the last reply by an error if the event cannot be stored."""
        self.open_response().entries[-1].event = event

    def send_error(self, error: CommandError) -> None:
        """Send the reply for an error."""
        if isinstance(error, NumericError):
            self.reply(error.numeric, *error.params, text=error.text)
        elif isinstance(error, FailReply):
            words = " ".join(("FAIL", error.command, error.code, *map(plain, error.context)))
            self.send_lines(f":{self.runtime.server_name} {words} :{error.text}")
        elif isinstance(error, ConnectionBanned):
            text = f"You are banned from this server: {error.reason}"
            self.reply(numerics.ERR_YOUREBANNEDCREEP, text=text)
            self.close(f"Banned: {error.reason}")

    @contextmanager
    def continue_on_error(self) -> Iterator[None]:
        """Send the reply for an error raised in the block, and continue after the block."""
        try:
            yield
        except CommandError as error:
            self.send_error(error)

    def finish(self) -> None:
        """Acknowledge a labelled command that sent no reply (ACK, IRCv3 labeled-response)."""
        if self.label is not None and not self.client.is_closed:
            self.open_response()

    def close(self, reason: str) -> None:
        """Close the caller's connection after an ERROR that states the reason."""
        self.client.quit_reason = reason
        self.world.close(self.client)
        self.send_lines(f"ERROR :{reason}")
        self.open_response().end = True

    def defer(
        self, work: Callable[[Session], T], then: Callable[[Self, T], SlowWork | None], writes: bool = False
    ) -> SlowWork:
        """Return slow work for the client's reader thread; the engine passes its result to `then`.

        `writes` states whether `then` may emit events. If the client has disconnected
        in the meantime, `then` is not called.
        """

        def resume(changeset: Changeset, client: Client, result: T) -> SlowWork | None:
            if client.is_closed:
                return None
            resumed = type(self)(self.runtime, changeset, client, self.verb, self.tags)
            return run_handler(resumed, then, result)

        def give_up(changeset: Changeset, client: Client) -> None:
            resumed = type(self)(self.runtime, changeset, client, self.verb, self.tags)
            run_handler(resumed, type(self).fail_unreadable)

        return SlowWork(work, resume, give_up, writes)

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query within the transaction of the log, on the engine's thread.

        Raises: NumericError with ERR_UNKNOWNERROR when the database fails.
        """
        try:
            return self.runtime.ledger.read(query)
        except StorageError:
            self.fail_unreadable()

    def find_end_of_history(self) -> int:
        """Return the last position of the log that is stored, and delivered or about to be.

        What comes after it, the caller receives live. Callable from any thread.
        """
        return self.runtime.ledger.stored_id

    def fail_unreadable(self) -> NoReturn:
        """Refuse the command because the database cannot be read.

        Raises: NumericError with ERR_UNKNOWNERROR.
        """
        text = "The database cannot be read at the moment; try again shortly"
        raise NumericError(numerics.ERR_UNKNOWNERROR, self.verb or "*", text=text)

    # Events

    def event(
        self,
        kind: Kind,
        room: Room | None = None,
        conversation: str | None = None,
        target: str | None = None,
        text: str | None = None,
        data: EventData | None = None,
        secret: Secret | None = None,
    ) -> Event:
        """Return an event whose author is the caller."""
        return self.me.event(kind, room.id if room else None, conversation, target, text, data, secret)

    def emit(self, event: Event) -> None:
        """Apply an event and send it to its audience, and to the caller as part of the response."""
        self.changeset.emit(event, self.client)
        self.send_event(event)

    def emit_without_reply(self, event: Event) -> None:
        """Apply an event and send it to its audience, but not to the caller."""
        self.changeset.emit(event, self.client)

    # Lookups

    def find_room(self, name: str) -> Room | None:
        """Return a room by name, or None if it does not exist or is hidden from the caller (+s)."""
        room = self.world.find_room(name)
        return room if room is not None and room.is_visible_to(self.me) else None

    def get_room(self, name: str) -> Room:
        """Return a room by name.

        Raises: NumericError with ERR_NOSUCHCHANNEL when it does not exist or is hidden from the
            caller (+s).
        """
        room = self.find_room(name)
        if room is None:
            raise NumericError(numerics.ERR_NOSUCHCHANNEL, name)
        return room

    def get_joined_room(self, name: str) -> Room:
        """Return a room that the caller is in.

        Raises: NumericError with ERR_NOSUCHCHANNEL or ERR_NOTONCHANNEL.
        """
        room = self.get_room(name)
        if room.member(self.me) is None:
            raise NumericError(numerics.ERR_NOTONCHANNEL, room.name)
        return room

    def get_moderated_room(self, name: str) -> Room:
        """Return a room in which the caller is a channel operator.

        Raises: NumericError with ERR_NOSUCHCHANNEL, ERR_NOTONCHANNEL or ERR_CHANOPRIVSNEEDED.
        """
        room = self.get_joined_room(name)
        if not room.is_operator(self.me):
            raise NumericError(numerics.ERR_CHANOPRIVSNEEDED, room.name)
        return room

    def get_user(self, nick: str) -> User:
        """Return an online user by nick.

        Raises: NumericError with ERR_NOSUCHNICK.
        """
        user = self.world.find_user(nick)
        if user is None:
            raise NumericError(numerics.ERR_NOSUCHNICK, nick)
        return user


def run_handler(
    ctx: C, handler: Callable[[C, *Arguments], SlowWork | None], *arguments: *Arguments
) -> SlowWork | None:
    """Run a handler or its continuation after slow work, and reply to an error that it raises.

    Returns the slow work that remains to be done, if any.
    """
    try:
        task = handler(ctx, *arguments)
    except CommandError as error:
        ctx.send_error(error)
        task = None
    if task is None:
        ctx.finish()
    return task
