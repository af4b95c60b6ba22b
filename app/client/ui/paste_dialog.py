"""Asks how to send a text of several lines, such as a paste."""

from collections.abc import Callable
from dataclasses import dataclass

from app.client.driver import Driver
from app.client.protocol import intents
from app.client.protocol.sending import multiline
from app.client.ui.questions import YES, Question

ONE = ("1", "o", "one")


@dataclass(frozen=True, slots=True)
class PastedText:
    """A text of several lines, its lines that are not empty, and the id of what it answers."""

    target: str
    text: str
    lines: list[str]
    reply_to: str = ""


class PasteDialog:
    """The question about a text of several lines: one message, one for each line, or nothing."""

    def __init__(self, driver: Driver, ask: Callable[[Question], None]) -> None:
        self._driver = driver
        self._ask = ask

    def ask(self, pasted: PastedText, on_declined: Callable[[], None]) -> None:
        """Ask how to send a text; `on_declined` is called if it is not to be sent."""
        reason = multiline.explain_excess(self._driver.state, pasted.target, pasted.text)
        count = len(pasted.lines)
        if reason:
            prompt = f"Send {count} lines as {count} messages ({reason})? [y/N] "
        else:
            prompt = f"Send {count} lines as one message, as {count}, or not? [one/{count}/N] "

        def decide(answer: str) -> None:
            word = answer.strip().lower()
            if not reason and word in ONE:
                self._driver.execute(
                    intents.send_lines_as_one, pasted.target, pasted.text, reply_to=pasted.reply_to
                )
            elif word == str(count) or (reason and word in YES):
                self._send_each(pasted)
            else:
                on_declined()

        self._ask(Question(prompt, decide, on_cancel=on_declined))

    def _send_each(self, pasted: PastedText) -> None:
        """Send each line; the first of them is the reply."""
        reply_to = pasted.reply_to
        for line in pasted.lines:
            self._driver.execute(intents.send_message, pasted.target, line, reply_to=reply_to)
            reply_to = ""
