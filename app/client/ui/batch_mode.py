"""Pipe mode: every input line is a message, what is said goes to the output, no prompts.

Lines are taken only as fast as the server confirms them, so `yes | chat-client` waits like any pipe. It
ends when the input has ended and every line is stored or has failed; listening ends with Ctrl-C.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable

from app.client.driver import Driver
from app.client.protocol import intents
from app.client.protocol.events import (
    ClientEvent,
    Joined,
    JoinRefused,
    LoginFailed,
    NickRefused,
    SendFailed,
    Stored,
    Trouble,
)
from app.errors import ChatError
from app.wire.names import fold

MAX_UNCONFIRMED = 64  # lines read ahead, and lines sent and not confirmed


class BatchMode:
    """One run of pipe mode: lines in, events out."""

    def __init__(self, driver: Driver, room: str, display: Callable[[ClientEvent], None]) -> None:
        self._driver = driver
        self._room = room
        self._display = display
        self._lines: queue.Queue[str | None] = queue.Queue(MAX_UNCONFIRMED)
        self._patience = 0.0
        self._must_follow = False
        self._has_input_ended = False
        self._failures = 0
        self._progress = driver.now()
        self._error: ChatError | None = None
        driver.show = self._show
        driver.on_tick = self._beat

    def send(self, source: Iterable[str], patience: float, must_follow: bool) -> None:
        """Send every line of the source, then end, or go on listening.

        Raises: ChatError when not all of them were stored, or when nothing moved for `patience` seconds.
        """
        self._patience, self._must_follow = patience, must_follow
        threading.Thread(target=self._read, args=(source,), name="input", daemon=True).start()
        try:
            self._driver.run()
        except KeyboardInterrupt:
            if not self._has_input_ended:
                raise
        self._judge()

    def listen(self) -> None:
        """Only show what is said, until Ctrl-C."""
        with contextlib.suppress(KeyboardInterrupt):
            self._driver.run()
        self._judge()

    def _judge(self) -> None:
        """Fail when anything did."""
        if self._error:
            raise self._error
        if self._failures:
            raise ChatError(f"Not stored: {self._failures} of the lines.")

    def _read(self, source: Iterable[str]) -> None:
        """Hand lines over, waiting while the driver has enough of them."""
        for line in source:
            text = line.rstrip("\r\n")
            if text.strip():
                self._hand_over(text)
        self._hand_over(None)

    def _hand_over(self, text: str | None) -> None:
        self._lines.put(text)
        self._driver.post(lambda: None)  # wakes the driver

    def _beat(self) -> None:
        """Send what waits, end when all is done, give up when nothing moves."""
        while self._may_send():
            self._send_next()
        if self._is_done():
            self._leave()
        elif self._patience and self._driver.now() - self._progress > self._patience * 1000:
            self._fail(self._reason())

    def _may_send(self) -> bool:
        state = self._driver.state
        is_ready = (
            self._is_in_room() and not state.connection.resuming and len(state.pending) < MAX_UNCONFIRMED
        )
        return is_ready and not self._lines.empty()

    def _send_next(self) -> None:
        text = self._lines.get()
        if text is None:
            self._has_input_ended = True
        else:
            self._driver.do(intents.say(self._driver.state, self._room, text))

    def _is_in_room(self) -> bool:
        room = self._driver.state.find_room(self._room)
        return room is not None and room.is_joined and self._driver.state.is_online

    def _is_done(self) -> bool:
        is_sent = self._has_input_ended and not self._driver.state.pending
        return is_sent and self._is_in_room() and not self._must_follow

    def _reason(self) -> str:
        if not self._driver.state.is_online:
            return f"No connection to {self._driver.link.address} for {self._patience:.0f} s."
        return f"The server confirmed nothing for {self._patience:.0f} s."

    def _leave(self) -> None:
        self._driver.do(intents.leave(self._driver.state, "Done"))
        self._driver.end()

    def _fail(self, sentence: str) -> None:
        self._error = self._error or ChatError(sentence)
        self._leave()

    def _show(self, event: ClientEvent) -> None:
        """Show an event, and note what it means for the lines that were sent."""
        self._display(event)
        match event:
            case Stored() | Joined(is_mine=True):
                self._progress = self._driver.now()
            case SendFailed():
                self._failures += 1
            case JoinRefused(room=room, reason=reason) if fold(room) == fold(self._room):
                self._fail(f"{room}: {reason}")
            case NickRefused(trouble=Trouble.TAKEN):
                self._driver.do(intents.go_as_guest(self._driver.state))
            case NickRefused(nick=nick):
                self._fail(f"{nick} is a registered name. --password-file names the file with its password.")
            case LoginFailed(account=account, reason=reason):
                self._fail(f"Not logged in as {account}: {reason}")
