"""A command's view of its caller: who asks, what they may see, and how they are answered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar, TypeVarTuple

from sqlalchemy.orm import Session

from app.clock import to_iso
from app.commands.errors import CommandError, FailReply, NumericError
from app.commands.runtime import LineWriter, Runtime
from app.engine.changeset import Changeset
from app.engine.delivery.audience import NOBODY, Audience
from app.engine.delivery.client import Client
from app.engine.delivery.response import Response, ResponseEntry
from app.engine.submission_unit import SlowWork
from app.engine.world.room import Room
from app.engine.world.user import User
from app.engine.world.world import World
from app.events import Event, Kind
from app.wire import numerics
from app.wire.capabilities import Shape
from app.wire.line import LINE_END, plain
from app.wire.numerics import Numeric

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")
C = TypeVar("C", bound="Context")


class Context:
    """One command of one client, while it runs."""

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
        """The world, to read."""
        return self.runtime.world

    @property
    def user(self) -> User | None:
        """Who asks, if they have finished registration."""
        return self.world.user_of(self.client)

    @property
    def me(self) -> User:
        """Who asks; only for commands that need a finished registration."""
        if self._me is None:  # asked several times by most commands, and looked up once
            self._me = self.user
        if self._me is None:
            raise NumericError(numerics.ERR_NOTREGISTERED)
        return self._me

    # Answering

    def place_response(self) -> Response:
        """Return the response under way; whoever asks first gives it its place in the plan."""
        if self._response is None:
            self._response = Response(self.client, self.runtime.server, self.label, self._batch_id())
            self.changeset.plan.append(self._response)
        return self._response

    def _batch_id(self) -> str:
        return self.runtime.clock.token() if self.label is not None else ""

    def reply(self, numeric: Numeric, *params: str, text: str | None = None, **tags: str) -> None:
        """Answer with a numeric: its parameters after the nick, then the text (or the numeric's own)."""
        self.say(numeric.written(self.runtime.server, self.client.nick, *params, text=text), **tags)

    def say(self, *lines: str, **tags: str) -> None:
        """Answer with whole lines; a client that asked for times is told this one too."""
        self._say(LINE_END.join(lines), tags)

    def recite(self, write: LineWriter, **tags: str) -> None:
        """Answer with lines that everybody is told alike, but for the nick."""
        self._say(self.runtime.form(write).filled(self.client.nick), tags)

    def _say(self, lines: str, tags: dict[str, str]) -> None:
        if self.client.shape & Shape.TIME:
            tags = {"time": to_iso(self.runtime.clock.now())} | tags
        self.client.answered += 1 + lines.count(LINE_END)
        self.place_response().entries.append(ResponseEntry(lines, tags))

    def server_says(self, *words: str, text: str | None = None, **tags: str) -> None:
        """Answer with a line whose source is the server."""
        line = " ".join((f":{self.runtime.server}", *words))
        self.say(line if text is None else f"{line} :{text}", **tags)

    def notice(self, text: str) -> None:
        """Answer with a notice of the server, for a person to read."""
        self.server_says("NOTICE", self.client.nick, text=text)

    def show(self, event: Event, **tags: str) -> None:
        """Answer with an event, as this client sees it."""
        self.client.answered += 1
        self.place_response().entries.append(ResponseEntry(event, tags))

    def stand_for(self, event: Event) -> None:
        """Let the line said last stand for an event: if that cannot be stored, its author hears so instead."""
        self.place_response().entries[-1].event = event

    def answer(self, answer: CommandError) -> None:
        """Send what a command raised instead of finishing."""
        if isinstance(answer, NumericError):
            self.reply(answer.numeric, *answer.params, text=answer.text)
        elif isinstance(answer, FailReply):
            words = " ".join(("FAIL", answer.command, answer.code, *map(plain, answer.context)))
            self.say(f":{self.runtime.server} {words} :{answer.text}")

    @contextmanager
    def forgiving(self) -> Iterator[None]:
        """Let one refusal be answered without ending the command."""
        try:
            yield
        except CommandError as refusal:
            self.answer(refusal)

    def finish(self) -> None:
        """See to it that a labelled command has an answer, if only an ACK."""
        if self.label is not None and not self.client.ended:
            self.place_response()

    def close(self, reason: str) -> None:
        """Close the caller's connection: its last answer is an ERROR that gives the reason."""
        self.world.close(self.client)
        self.say(f"ERROR :{reason}")
        self.place_response().end = True

    def later(
        self, work: Callable[[Session], T], then: Callable[[Self, T], SlowWork | None], writes: bool = False
    ) -> SlowWork:
        """Return slow work for the caller's own thread; `then` goes on with its result, on the engine's.

        `writes` says whether `then` may emit events. It does not come to that if the client has gone meanwhile.
        """

        def go_on(changeset: Changeset, client: Client, result: T) -> SlowWork | None:
            if client.ended:
                return None
            again = type(self)(self.runtime, changeset, client, self.verb, self.tags)
            return attempt(again, then, result)

        def give_up(changeset: Changeset, client: Client) -> None:
            again = type(self)(self.runtime, changeset, client, self.verb, self.tags)
            attempt(again, type(self).refuse_unreadable)

        return SlowWork(work, go_on, give_up, writes)

    def refuse_unreadable(self) -> None:
        """Refuse what needed to read from a storage that fails.

        Raises: Refused with ERR_UNKNOWNERROR.
        """
        text = "The storage of the server cannot be read now; try again in a moment"
        raise NumericError(numerics.ERR_UNKNOWNERROR, self.verb or "*", text=text)

    # Deciding

    def event(
        self,
        kind: Kind,
        room: Room | None = None,
        conversation: str | None = None,
        target: str | None = None,
        text: str | None = None,
        data: dict[str, Any] | None = None,
        secret: Any = None,
    ) -> Event:
        """Return an event whose author is the caller."""
        return self.me.event(kind, room.id if room else None, conversation, target, text, data, secret)

    def emit(self, event: Event, audience: Audience) -> None:
        """Decide that this happened, and let the caller see it among its answers."""
        self.changeset.emit(event, audience, self.client)
        self.show(event)

    def emit_unseen(self, event: Event, audience: Audience = NOBODY) -> None:
        """Decide that this happened; the caller is not shown its own doing."""
        self.changeset.emit(event, audience, self.client)

    # Looking things up

    def room(self, name: str) -> Room:
        """Return a room by its name.

        Raises: Refused with ERR_NOSUCHCHANNEL.
        """
        room = self.world.find_room(name)
        if room is None:
            raise NumericError(numerics.ERR_NOSUCHCHANNEL, name)
        return room

    def my_room(self, name: str) -> Room:
        """Return a room the caller is in.

        Raises: Refused with ERR_NOSUCHCHANNEL or ERR_NOTONCHANNEL.
        """
        room = self.room(name)
        if room.member(self.me) is None:
            raise NumericError(numerics.ERR_NOTONCHANNEL, room.name)
        return room

    def my_moderated_room(self, name: str) -> Room:
        """Return a room that the caller is in and moderates.

        Raises: Refused with ERR_NOSUCHCHANNEL, ERR_NOTONCHANNEL or ERR_CHANOPRIVSNEEDED.
        """
        room = self.my_room(name)
        if not room.is_operator(self.me):
            raise NumericError(numerics.ERR_CHANOPRIVSNEEDED, room.name)
        return room

    def somebody(self, nick: str) -> User:
        """Return somebody who is here.

        Raises: Refused with ERR_NOSUCHNICK.
        """
        user = self.world.find_user(nick)
        if user is None:
            raise NumericError(numerics.ERR_NOSUCHNICK, nick)
        return user


def attempt(
    ctx: C, deed: Callable[[C, *Arguments], SlowWork | None], *arguments: *Arguments
) -> SlowWork | None:
    """Do a command's deed, or go on with it; what it raises as an answer is sent as one."""
    try:
        task = deed(ctx, *arguments)
    except CommandError as answer:
        ctx.answer(answer)
        task = None
    if task is None:
        ctx.finish()
    return task
