"""Asks how to send a text of several lines, such as a paste."""

from collections.abc import Callable

from app.client.driver import Driver
from app.client.protocol import intents
from app.client.protocol.sending import multiline
from app.client.ui.questions import YES, Question

ONE = ("1", "o", "one")


class PasteDialog:
    """The question about a text of several lines: one message, one for each line, or nothing."""

    def __init__(
        self, driver: Driver, ask: Callable[[Question], None], notify: Callable[[str, bool], None]
    ) -> None:
        self._driver = driver
        self._ask = ask
        self._notify = notify

    def ask(self, target: str, text: str, lines: list[str]) -> None:
        """Ask how to send a text to a target; `lines` are its lines that are not empty."""
        reason = multiline.explain_excess(self._driver.state, target, text)
        if reason:
            prompt = f"Send {len(lines)} lines as {len(lines)} messages ({reason})? [y/N] "
        else:
            prompt = f"Send {len(lines)} lines as one message, as {len(lines)}, or not? [one/{len(lines)}/N] "

        def decide(answer: str) -> None:
            word = answer.strip().lower()
            if not reason and word in ONE:
                self._driver.execute(intents.send_lines_as_one, target, text)
            elif word == str(len(lines)) or (reason and word in YES):
                self._send_each(target, lines)
            else:
                self._decline()

        self._ask(Question(prompt, decide, on_cancel=self._decline))

    def _send_each(self, target: str, lines: list[str]) -> None:
        for line in lines:
            self._driver.execute(intents.send_message, target, line)

    def _decline(self) -> None:
        self._notify("Nothing was sent. The up arrow brings the text back.", False)
