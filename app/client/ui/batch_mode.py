"""Batch mode: sends every line of input and writes messages to the output, without prompts.

Input is read only as fast as the server confirms messages, so `yes | chat-client` blocks like any
pipe. The program ends when the input has ended and every message has been stored or has failed.
With `--follow`, and if it only listens, it ends on Ctrl-C.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable
from functools import partial

from app.client.display.display_context import DisplayContext
from app.client.driver import Driver
from app.client.protocol import intents
from app.client.protocol.events import (
    ClientEvent,
    Joined,
    JoinRefused,
    LoginFailed,
    NickProblem,
    NickRefused,
    SendFailed,
    Stored,
)
from app.errors import ChatError
from app.text.counts import count_of
from app.wire.names import fold

MAX_UNCONFIRMED_MESSAGES = 64  # also the number of lines read ahead


class BatchMode:
    """A session in batch mode."""

    def __init__(
        self, driver: Driver, context: DisplayContext, display: Callable[[ClientEvent], None]
    ) -> None:
        self._driver = driver
        self._context = context
        self._room = context.room
        self._display = display
        self._lines: queue.Queue[str | None] = queue.Queue(MAX_UNCONFIRMED_MESSAGES)
        self._timeout_seconds = 0.0
        self._must_follow = False
        self._has_input_ended = False
        self._failures = 0
        self._last_progress = driver.clock.now()
        self._error: ChatError | None = None
        driver.show = self._show
        driver.on_tick = self._on_tick

    def send(self, source: Iterable[str], timeout_seconds: float, must_follow: bool) -> None:
        """Send every line of the source, then end or continue listening.

        Raises: ChatError when a message failed, or after `timeout_seconds` without progress.
        """
        self._timeout_seconds, self._must_follow = timeout_seconds, must_follow
        threading.Thread(target=self._read_input, args=(source,), name="input", daemon=True).start()
        try:
            self._driver.run()
        except KeyboardInterrupt:
            if not self._has_input_ended:
                raise
        self._raise_on_failure()

    def listen(self) -> None:
        """Show messages until Ctrl-C."""
        with contextlib.suppress(KeyboardInterrupt):
            self._driver.run()
        self._raise_on_failure()

    def _raise_on_failure(self) -> None:
        if self._error:
            raise self._error
        if self._driver.defects:
            raise ChatError("An internal error occurred; output or messages may be missing.")
        if self._failures:
            raise ChatError(f"{count_of(self._failures, 'message')} not sent.")

    def _read_input(self, source: Iterable[str]) -> None:
        """Queue the lines of the source, blocking while the queue is full; None marks the end."""
        try:
            for line in source:
                text = line.rstrip("\r\n")
                if text.strip():
                    self._enqueue(text)
        except OSError as error:
            sentence = f"Cannot read the input: {error.strerror or error}."
            self._driver.post(partial(self._fail, sentence))
        self._enqueue(None)

    def _enqueue(self, text: str | None) -> None:
        self._lines.put(text)
        self._driver.post(lambda: None)  # wakes the driver

    def _on_tick(self) -> None:
        """Send queued lines; end when all are confirmed, or fail after the timeout."""
        while self._may_send():
            self._send_next()
        if self._is_done():
            self._quit()
        elif self._timeout_seconds and self._stalled_milliseconds() > self._timeout_seconds * 1000:
            self._fail(self._explain_timeout())

    def _stalled_milliseconds(self) -> int:
        return self._driver.clock.now() - self._last_progress

    def _may_send(self) -> bool:
        state = self._driver.state
        is_ready = self._is_in_room() and not state.connection.resuming
        return is_ready and len(state.pending) < MAX_UNCONFIRMED_MESSAGES and not self._lines.empty()

    def _send_next(self) -> None:
        text = self._lines.get()
        if text is None:
            self._has_input_ended = True
        else:
            self._driver.execute(intents.send_message, self._room, text)

    def _is_in_room(self) -> bool:
        room = self._driver.state.find_room(self._room)
        return room is not None and room.is_joined and self._driver.state.is_online

    def _is_done(self) -> bool:
        is_sent = self._has_input_ended and not self._driver.state.pending
        return is_sent and self._is_in_room() and not self._must_follow

    def _explain_timeout(self) -> str:
        if not self._driver.state.is_online:
            return f"No connection to {self._driver.link.address} for {self._timeout_seconds:.0f} s."
        return f"No confirmation from the server for {self._timeout_seconds:.0f} s."

    def _quit(self) -> None:
        self._driver.execute(intents.quit_, "Done")
        self._driver.end()

    def _fail(self, sentence: str) -> None:
        self._error = self._error or ChatError(sentence)
        self._quit()

    def _show(self, event: ClientEvent) -> None:
        """Show an event, and track progress and failures."""
        self._context.nick = self._driver.state.nick
        self._display(event)
        match event:
            case Stored() | Joined(is_mine=True):
                self._last_progress = self._driver.clock.now()
            case SendFailed():
                self._failures += 1
            case JoinRefused(room=room, reason=reason) if fold(room) == fold(self._room):
                self._fail(f"Cannot join {room}: {reason}")
            case NickRefused(problem=NickProblem.TAKEN):
                self._driver.execute(intents.continue_as_guest)
            case NickRefused(nick=nick):
                self._fail(f"{nick} is registered. Pass the password with --password-file.")
            case LoginFailed(account=account, reason=reason):
                self._fail(f"Cannot log in as {account}: {reason}")
